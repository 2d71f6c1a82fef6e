// Words for outcomes, reasons and problems.
import { t } from "./texts.js";

export const OUTCOMES = () => ({
  handed_over: t("Handed over"),
  partly: t("Partly"),
  not_at_home: t("Not at home"),
  refused: t("Refused"),
  lost: t("Lost"),
});

export const RECEIVED_BY = () => ({
  self: t("The household"),
  family: t("Family"),
  neighbour: t("Neighbour"),
  guard: t("Guard"),
  door: t("Left at the door"),
});

export const REASONS = () => ({
  bad_address: t("Wrong address"),
  moved: t("Moved away"),
  not_ready: t("Not ready"),
  too_far: t("Too far"),
});

export const outcomeWords = (outcome) => OUTCOMES()[outcome.outcome];

// What a person can do about a record that was not accepted.
export function problemWords({ status, title }) {
  if (status === 403) return t("The station does not accept records of this phone for this delivery.");
  if (status === 409) return t("The station has another record under the same key.");
  if (status === 404) return t("The station does not know this delivery.");
  return title || t("The station did not accept it.");
}

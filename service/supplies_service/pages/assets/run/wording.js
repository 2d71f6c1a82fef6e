// Words for outcomes, reasons, states and problems.
import { dayOf } from "./clock.js";
import { isOffline } from "./service.js";
import { htmlLanguage, t } from "./texts.js";

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

// Why nothing could be handed over.
export const REASONS = () => ({
  nobody_answered: t("Nobody answered"),
  bad_address: t("Wrong address"),
  moved: t("Moved away"),
  not_ready: t("Not ready"),
  too_far: t("Too far"),
  not_needed: t("Not needed"),
  wrong_goods: t("Wrong goods"),
  damaged: t("Goods are damaged"),
  wrong_person: t("Wrong person"),
  other: t("Another reason"),
});

// The reasons that fit an outcome, as the forms of the station offer them.
const REASONS_OF_OUTCOME = {
  not_at_home: ["nobody_answered", "bad_address", "moved", "not_ready", "too_far", "other"],
  refused: ["not_needed", "wrong_goods", "damaged", "wrong_person", "other"],
};

// Return the words of the reasons that fit an outcome, by code, or null if it has none.
export const reasonsOf = (outcome) => {
  const codes = REASONS_OF_OUTCOME[outcome];
  return codes ? Object.fromEntries(codes.map((code) => [code, REASONS()[code]])) : null;
};

// Return whether the team may try again after an outcome, so that it matters when the household is at home.
export const isTriedAgain = (outcome) => outcome === "not_at_home";

const PROOFS = () => ({
  signature: t("Signature"),
  code: t("Spoken code"),
  photo: t("Photo"),
});

// Return the evidence of an outcome in words. A record that an older version kept does not state it.
export const proofWords = ({ proofs, proof }) => (proofs ?? [proof].filter(Boolean)).map((name) => PROOFS()[name]);

// Return a recorded outcome in words.
export const outcomeWords = ({ outcome }) => (outcome === "partly" ? t("Partly handed over") : OUTCOMES()[outcome]);

// Return whether the household got goods.
export const isReached = ({ outcome }) => outcome === "handed_over" || outcome === "partly";

// What became of the codes that the household said.
export const CODE_RESULTS = () => ({
  matched: t("The code matched."),
  wrong: t("The code did not match. Ask for it again, and enter the right code."),
  not_compared: t("The code was not compared: the stop has none."),
  too_many_wrong: t("The code is not compared any more, because too many wrong ones were told. The station asks the household."),
});

export const isCodeWrong = (outcome) => ["wrong", "too_many_wrong"].includes(outcome?.code) && !outcome.confirmed;

// Who of the household confirmed the hand-over to the station afterwards.
export const confirmedWords = ({ confirmed_by: by, confirmed_on: day }) =>
  t("Confirmed to the station on %(day)s: %(who)s", { day: dayOf(day), who: RECEIVED_BY()[by] });

export function stateWords(record) {
  if (record.state === "asks") return t("Kept: not accepted");
  if (record.state === "refused") return t("Kept: refused");
  if (isOffline()) return t("No connection: kept on this phone");
  return record.tried_at ? t("Kept: being sent") : t("Kept on this phone");
}

// Why a record was not accepted. The station's own words are left out if they are in another language.
export function problemWords({ status, language = "en", detail }) {
  const words = REFUSALS()[status] ?? t("The station did not accept it.");
  return language === htmlLanguage() ? `${words} ${detail}` : words;
}

const REFUSALS = () => ({
  403: t("The station does not accept this record from this phone."),
  404: t("The station does not know this delivery."),
  409: t("The station has another record under the same key."),
});

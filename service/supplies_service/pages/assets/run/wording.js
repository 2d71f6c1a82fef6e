// Words for outcomes, reasons, states and problems.
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

// Why nothing could be handed over, if nobody was there.
export const REASONS = () => ({
  bad_address: t("Wrong address"),
  moved: t("Moved away"),
  not_ready: t("Not ready"),
  too_far: t("Too far"),
});

// Why nobody was there, in words that become part of the note: the books have no codes for them.
export const ABSENCE_REASONS = () => ({
  nobody_answered: t("Nobody answered"),
});

// Why a household refused the goods. The words become part of the note: the books have no codes for them.
export const REFUSAL_REASONS = () => ({
  not_needed: t("Not needed"),
  wrong_goods: t("Wrong goods"),
  damaged: t("Goods are damaged"),
  wrong_person: t("Wrong person"),
});

const PROOFS = () => ({
  signature: t("Signature"),
  code: t("Spoken code"),
  photo: t("Photo"),
});

// Return the evidence of an outcome in words. A record that an older version kept does not state it.
export const proofWords = ({ proofs, proof }) => (proofs ?? [proof].filter(Boolean)).map((name) => PROOFS()[name]);

export const outcomeWords = (outcome) => OUTCOMES()[outcome.outcome];

// What became of the codes that the household said.
export const CODE_RESULTS = () => ({
  matched: t("The code matched."),
  wrong: t("The code did not match. Ask for it again, and enter the right code."),
  not_compared: t("The code was not compared: the stop has none."),
  too_many_wrong: t("The code is not compared any more, because too many wrong ones were told. The station asks the household."),
});

export const isCodeWrong = (outcome) => ["wrong", "too_many_wrong"].includes(outcome?.code);

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

// The clock of the phone, as it is. The service corrects it: each request carries the time at which it is sent.
import { language } from "./texts.js";

const FAR_OFF = 5 * 60 * 1000; // milliseconds

export const OVERDUE = 12 * 3600 * 1000; // milliseconds after which an unsent record is urgent

export const now = () => new Date().toISOString();

// Return how far the phone's clock is ahead of the service, in milliseconds, or 0 if it is about right.
export function difference(theirs, ours) {
  const found = Date.parse(ours) - Date.parse(theirs);
  return Math.abs(found) > FAR_OFF ? found : 0;
}

// Return whether something has waited too long. A clock that was set back shows it in the future.
export const isOverdue = (madeAt) => Math.abs(Date.now() - Date.parse(madeAt)) > OVERDUE;

export function timeOf(moment, zone) {
  return format(moment, { hour: "2-digit", minute: "2-digit" }, zone);
}

export function dayAndTimeOf(moment, zone) {
  return format(moment, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }, zone);
}

// Return a day such as 2026-11-30 in words.
export const dayOf = (day) => format(`${day}T12:00:00Z`, { month: "short", day: "numeric" }, "UTC");

function format(moment, parts, zone) {
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(locale, { ...parts, timeZone: zone, hour12: false }).format(new Date(moment));
}

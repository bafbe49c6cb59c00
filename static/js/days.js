// By which heading of the list a conversation stands: pinned, or the day it was last spoken in, counted by the reader's own
// calendar. Pure: the clock and the language are handed in, the time zone is the browser's.

import { gettext } from "./words.js";

const DAY = 86_400_000;

/**
 * @param {{updated: string, pinned: boolean}} summary `updated` in ISO 8601
 * @param {Date} now
 * @returns {string} "pinned", "today", "yesterday", "week", "month", or a month like "2026-09"
 */
export function dayOf({ updated, pinned }, now) {
  if (pinned) {
    return "pinned";
  }
  const date = new Date(updated);
  const days = daysBetween(date, now);
  if (days <= 1) {
    return days === 1 ? "yesterday" : "today"; // a server's clock that is ahead makes no tomorrow
  }
  if (days <= 30) {
    return days <= 7 ? "week" : "month";
  }
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

/**
 * @param {string} day as `dayOf` says it
 * @param {Date} now
 * @param {string} language of the months' names
 * @returns {string} the heading
 */
export function headingOf(day, now, language) {
  const headings = {
    pinned: () => gettext("Pinned"),
    today: () => gettext("Today"),
    yesterday: () => gettext("Yesterday"),
    week: () => gettext("Previous 7 days"),
    month: () => gettext("Previous 30 days"),
  };
  return headings[day]?.() ?? monthName(day, now, language);
}

/**
 * @param {{updated: string, pinned: boolean}} one
 * @param {{updated: string, pinned: boolean}} other
 * @returns {number} below zero where `one` stands first: pinned before the rest, then the newest
 */
export function inOrder(one, other) {
  return Number(other.pinned) - Number(one.pinned) || Date.parse(other.updated) - Date.parse(one.updated);
}

/**
 * @param {Date} now
 * @returns {number} milliseconds until the reader's next day
 */
export function untilTomorrow(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1) - now;
}

// Days are 23 to 25 hours long, where clocks are changed.
function daysBetween(date, now) {
  return Math.round((midnight(now) - midnight(date)) / DAY);
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

function monthName(day, now, language) {
  const [year, month] = day.split("-").map(Number);
  const form = year === now.getFullYear() ? { month: "long" } : { month: "long", year: "numeric" };
  return new Intl.DateTimeFormat(language, form).format(new Date(year, month - 1));
}

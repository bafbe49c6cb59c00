import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { dayOf, headingOf, inOrder, untilTomorrow } from "../../static/js/days.js";

const zone = process.env.TZ;
afterEach(() => (zone === undefined ? delete process.env.TZ : (process.env.TZ = zone)));

function day(updated, now, timezone = "UTC") {
  process.env.TZ = timezone;
  return dayOf({ updated, pinned: false }, new Date(now));
}

test("a day is a day of the reader's calendar, not twenty-four hours", () => {
  assert.equal(day("2026-11-21T00:00:00Z", "2026-11-21T23:59:59Z"), "today");
  assert.equal(day("2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z"), "yesterday");
  assert.equal(day("2026-11-20T00:00:00Z", "2026-11-21T23:59:59Z"), "yesterday");
  assert.equal(day("2026-11-19T23:59:59Z", "2026-11-21T00:00:00Z"), "week");
});

test("the same moment is another day in another time zone", () => {
  const [updated, now] = ["2026-11-21T02:00:00Z", "2026-11-21T12:00:00Z"];
  assert.equal(day(updated, now, "UTC"), "today");
  assert.equal(day(updated, now, "America/New_York"), "yesterday");
  assert.equal(day("2026-11-20T15:30:00Z", now, "Asia/Tokyo"), "today");
});

test("days on which clocks are changed count as one day each", () => {
  assert.equal(day("2026-03-29T00:30:00+01:00", "2026-03-30T00:15:00+02:00", "Europe/Berlin"), "yesterday");
  assert.equal(day("2026-10-25T00:30:00+02:00", "2026-10-26T00:15:00+01:00", "Europe/Berlin"), "yesterday");
  assert.equal(day("2026-10-24T12:00:00+02:00", "2026-10-31T12:00:00+01:00", "Europe/Berlin"), "week");
});

test("after a week comes the month, and then months by name", () => {
  const now = "2026-11-21T12:00:00Z";
  assert.equal(day("2026-11-14T12:00:00Z", now), "week");
  assert.equal(day("2026-11-13T12:00:00Z", now), "month");
  assert.equal(day("2026-10-22T12:00:00Z", now), "month");
  assert.equal(day("2026-10-21T12:00:00Z", now), "2026-10");
  assert.equal(day("2025-01-02T12:00:00Z", now), "2025-01");
});

test("a server's clock that is ahead makes no tomorrow", () => {
  assert.equal(day("2026-11-22T00:00:05Z", "2026-11-21T23:59:59Z"), "today");
});

test("what is pinned stands apart from the days, and before them", () => {
  const pinned = { updated: "2020-01-01T00:00:00Z", pinned: true };
  const [older, newer] = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"].map((updated) => ({ updated, pinned: false }));
  assert.equal(dayOf(pinned, new Date()), "pinned");
  assert.deepEqual([older, newer, pinned].sort(inOrder), [pinned, newer, older]);
});

test("headings name the year only where it is another one", () => {
  const now = new Date(2026, 10, 21);
  assert.equal(headingOf("today", now, "en"), "Today");
  assert.equal(headingOf("2026-09", now, "en"), "September");
  assert.equal(headingOf("2025-09", now, "en"), "September 2025");
  assert.equal(headingOf("2025-09", now, "de"), "September 2025");
  assert.equal(headingOf("2026-03", now, "de"), "März");
});

test("tomorrow begins at midnight, on long and short days as well", () => {
  process.env.TZ = "Europe/Berlin";
  const hours = (now) => untilTomorrow(new Date(now)) / 3_600_000;
  assert.equal(hours("2026-11-21T18:00:00+01:00"), 6);
  assert.equal(hours("2026-03-29T00:00:00+01:00"), 23);
  assert.equal(hours("2026-10-25T00:00:00+02:00"), 25);
});

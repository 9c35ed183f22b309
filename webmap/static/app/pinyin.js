// Chinese names found by how they are read: whole syllables, their initials, or a mixture of both.

import { READINGS } from "./readings.js";

let table = null;

/** The readings of a character; none for one that has no entry. */
function readingsOf(character) {
  table ??= readTable();
  return table.get(character) ?? [];
}

function readTable() {
  const found = new Map();
  for (const entry of READINGS.trim().split(" ")) {
    const reading = /^[a-z]+/.exec(entry)[0];
    for (const character of entry.slice(reading.length)) {
      if (!found.has(character)) found.set(character, []);
      found.get(character).push(reading);
    }
  }
  return found;
}

/** A name prepared for matching: for each of its letters and characters, the ways to type it. */
export function sound(name) {
  return [...name.toLowerCase()]
    .filter((character) => /[\p{L}\p{N}]/u.test(character))
    .map((character) => [character, ...readingsOf(character)]);
}

/** What a reader typed, as it is matched: small letters, no spaces or marks. */
export function typed(text) {
  return text.toLowerCase().normalize("NFKC").replaceAll("ü", "v").replace(/[^\p{L}\p{N}]/gu, "");
}

/** Where in a prepared name a typed text is found: the index of its first character, or -1. */
export function placeIn(sounds, text) {
  return sounds.findIndex((_, start) => follows(sounds, start, text));
}

/** Whether a text can be read off from a character on: each gives a whole reading or its first letters. */
function follows(sounds, at, text) {
  if (!text) return true;
  if (at === sounds.length) return false;
  return sounds[at].some(
    (reading) =>
      reading[0] === text[0] && beginnings(reading, text).some((length) => follows(sounds, at + 1, text.slice(length))),
  );
}

/** How many letters of a text a reading may account for. */
function beginnings(reading, text) {
  const shared = sharedLength(reading, text);
  const isLast = shared === text.length;
  const initial = /^[zcs]h/.test(reading) ? [1, 2] : [1];
  return [...new Set([shared === reading.length || isLast ? shared : 0, ...initial])].filter((n) => n > 0 && n <= shared);
}

function sharedLength(a, b) {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

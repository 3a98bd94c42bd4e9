import { expect, it } from "vitest";

import { ImageBits } from "./image-bits.ts";

/** Nine hexadecimal digits from a counter, spread over all 36 bits (an odd factor: no two alike). */
const nameOf = (i: number): string =>
  `ID_${((BigInt(i) * 0x5deece66dn) & 0xfffffffffn).toString(16).padStart(9, "0")}`;

it("keeps each image's bits, and its name, through all its growth", () => {
  const images = new ImageBits();
  for (let i = 0; i < 20_000; i++) images.set(nameOf(i), i);
  for (let i = 0; i < 20_000; i += 7) images.set(nameOf(i), 2 ** 31 + i);
  expect(images.size).toBe(20_000);
  for (let i = 0; i < 20_000; i++) expect(images.get(nameOf(i))).toBe(i % 7 === 0 ? 2 ** 31 + i : i);
  expect([...images.names()]).toEqual(Array.from({ length: 20_000 }, (_, i) => nameOf(i)));
  expect(images.get("ID_123456789")).toBeUndefined();
});

it("keeps names that are no numbers as they are", () => {
  const images = new ImageBits();
  // Upper case and other lengths would not come back from a number.
  const names = ["ID_00000000a", "ID_00000000A", "ID_a", "1.2.840.10008", "ID_0000000000a", "a_b"];
  for (const [i, name] of names.entries()) images.set(name, i);
  for (const [i, name] of names.entries()) expect(images.get(name)).toBe(i);
  expect(images.size).toBe(6);
  expect([...images.names()].sort()).toEqual([...names].sort());
});

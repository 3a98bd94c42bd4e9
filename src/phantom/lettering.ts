/**
 * @file Capital letters and digits as pixels, for a scanner's dose page.
 */

/** Three columns by five rows a glyph, rows from the top, a bit a pixel (4, 2, 1). */
// prettier-ignore
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  A: [2, 5, 7, 5, 5], B: [6, 5, 6, 5, 6], C: [3, 4, 4, 4, 3], D: [6, 5, 5, 5, 6], E: [7, 4, 6, 4, 7],
  F: [7, 4, 6, 4, 4], G: [3, 4, 5, 5, 3], H: [5, 5, 7, 5, 5], I: [7, 2, 2, 2, 7], L: [4, 4, 4, 4, 7],
  M: [5, 7, 7, 5, 5], N: [6, 5, 5, 5, 5], O: [2, 5, 5, 5, 2], P: [6, 5, 6, 4, 4], R: [6, 5, 6, 5, 5],
  S: [3, 4, 2, 1, 6], T: [7, 2, 2, 2, 2], U: [5, 5, 5, 5, 7], V: [5, 5, 5, 5, 2], X: [5, 5, 2, 5, 5],
  Y: [5, 5, 2, 2, 2], 0: [7, 5, 5, 5, 7], 1: [2, 6, 2, 2, 7], 2: [6, 1, 2, 4, 7], 3: [6, 1, 2, 1, 6],
  4: [5, 5, 7, 1, 1], 5: [7, 4, 6, 1, 6], 6: [3, 4, 7, 5, 7], 7: [7, 1, 2, 2, 2], 8: [7, 5, 7, 5, 7],
  9: [7, 5, 7, 1, 6], ".": [0, 0, 0, 0, 2], ":": [0, 2, 0, 2, 0], ",": [0, 0, 0, 2, 4],
};

/** Write white text on a page `[rows, width]`; unknown characters stay blank. */
export function drawText(page: Uint8Array, width: number, text: string, left: number, top: number): void {
  const scale = 3;
  [...text].forEach((character, index) => {
    const glyph = GLYPHS[character] ?? [];
    glyph.forEach((bits, row) => {
      for (let column = 0; column < 3; column++) {
        if ((bits & (4 >> column)) === 0) continue;
        const x = left + (index * 4 + column) * scale;
        for (let dy = 0; dy < scale; dy++)
          page.fill(255, (top + row * scale + dy) * width + x, (top + row * scale + dy) * width + x + scale);
      }
    });
  });
}

/**
 * @file Pictures with what is said of them, inside the page.
 */
import { escapeHtml } from "./html.ts";
import type { Html } from "./html.ts";

export interface CaptionedPicture {
  /** `data:image/…`. */
  readonly dataUri: string;
  readonly caption: string;
  /** A second line, quiet. */
  readonly note?: string;
}

/** @throws RangeError for an address that is none of a picture inside the page */
export function pictureGrid(pictures: readonly CaptionedPicture[]): Html {
  const figures = pictures.map(({ dataUri, caption, note }) => {
    if (!/^data:image\/[a-z+]+;base64,[\w+/=]*$/.test(dataUri)) {
      throw new RangeError(`a picture of a report: expected data:image/…, got ${dataUri.slice(0, 40)}`);
    }
    const quiet = note === undefined ? "" : `<span>${escapeHtml(note)}</span>`;
    return `<figure><img src="${dataUri}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}${quiet}</figcaption></figure>`;
  });
  return `<div class="pictures">\n${figures.join("\n")}\n</div>`;
}

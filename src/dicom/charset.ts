/**
 * @file Text by SpecificCharacterSet (PS3.5 section 6.1, PS3.3 C.12.1.1.2).
 *
 * Single-byte sets, UTF-8, GB18030 and GBK, and the ISO 2022 escapes of Japanese, Korean, Chinese and the
 * single-byte sets, by the decoders the runtime brings (WHATWG Encoding). Its limits: an unknown set is read as
 * Latin-1, and a byte that a set does not define becomes U+FFFD; text is never a reason to refuse an instance.
 */

/** DICOM defined term (its number alone) → WHATWG label. */
const LABELS: Readonly<Record<string, string>> = {
  "6": "utf-8", // ISO_IR 6 is ASCII; writers that forget to say UTF-8 are read right too
  "13": "shift_jis", // JIS X 0201: the single-byte part of Shift JIS
  "58": "gbk",
  "87": "iso-2022-jp",
  "100": "iso-8859-1",
  "101": "iso-8859-2",
  "109": "iso-8859-3",
  "110": "iso-8859-4",
  "126": "iso-8859-7",
  "127": "iso-8859-6",
  "138": "iso-8859-8",
  "144": "iso-8859-5",
  "148": "iso-8859-9",
  "149": "euc-kr",
  "159": "euc-jp",
  "166": "windows-874",
  "192": "utf-8",
  "203": "iso-8859-15",
};

/** ISO 2022 escape (after ESC) → what it puts in G0 or G1 (PS3.3 tables C.12-3 and C.12-4). */
const ESCAPES: Readonly<
  Record<string, { readonly g0?: "ascii" | "jis0208" | "jis0212"; readonly g1?: string }>
> = {
  "(B": { g0: "ascii" },
  "(J": { g0: "ascii" },
  ")I": { g1: "shift_jis" },
  "-A": { g1: "iso-8859-1" },
  "-B": { g1: "iso-8859-2" },
  "-C": { g1: "iso-8859-3" },
  "-D": { g1: "iso-8859-4" },
  "-F": { g1: "iso-8859-7" },
  "-G": { g1: "iso-8859-6" },
  "-H": { g1: "iso-8859-8" },
  "-L": { g1: "iso-8859-5" },
  "-M": { g1: "iso-8859-9" },
  "-T": { g1: "windows-874" },
  "-b": { g1: "iso-8859-15" },
  $B: { g0: "jis0208" },
  "$(D": { g0: "jis0212" },
  "$)A": { g1: "gbk" },
  "$)C": { g1: "euc-kr" },
};

const ESC = 0x1b;
const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decodeAs(label: string, bytes: Uint8Array): string {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}

function labelOf(term: string): string {
  if (/^GB18030$/i.test(term)) return "gb18030";
  if (/^GBK$/i.test(term)) return "gbk";
  const number = /(\d+)\s*$/.exec(term)?.[1];
  return (number === undefined ? undefined : LABELS[number]) ?? "iso-8859-1";
}

/**
 * Decode a text value.
 *
 * @param value the bytes as they stand in the element
 * @param characterSets the values of SpecificCharacterSet (0008,0005); [] is the default repertoire
 */
export function decodeText(value: Uint8Array, characterSets: readonly string[]): string {
  const first = characterSets[0] ?? "";
  const initial = first === "" ? "utf-8" : labelOf(first);
  const text = value.includes(ESC) ? decodeWithEscapes(value, initial) : decodeAs(initial, value);
  return text.replace(/[\0 ]+$/, "");
}

/** Code extension: runs between escapes, each in the sets then in force; delimiters restore the first set. */
function decodeWithEscapes(value: Uint8Array, initial: string): string {
  let text = "";
  let g0: "ascii" | "jis0208" | "jis0212" = "ascii";
  let g1 = initial === "iso-2022-jp" ? "shift_jis" : initial;
  let position = 0;
  while (position < value.length) {
    if (value[position] === ESC) {
      const sequence = [3, 2]
        .map((length) => String.fromCharCode(...value.subarray(position + 1, position + 1 + length)))
        .find((candidate) => candidate in ESCAPES);
      const target = sequence === undefined ? undefined : ESCAPES[sequence];
      position += 1 + (sequence?.length ?? 0);
      g0 = target?.g0 ?? g0;
      g1 = target?.g1 ?? g1;
      continue;
    }
    let end = value.indexOf(ESC, position);
    if (end < 0) end = value.length;
    if (g0 === "ascii") {
      const delimiter = value.subarray(position, end).findIndex(isDelimiter);
      if (delimiter >= 0) end = position + delimiter + 1;
      text += decodeAs(g1, value.subarray(position, end));
      if (delimiter >= 0) g1 = initial === "iso-2022-jp" ? "shift_jis" : initial;
    } else {
      text += decodeAs("euc-jp", asEucJp(value.subarray(position, end), g0 === "jis0212"));
    }
    position = end;
  }
  return text;
}

/** `\`, `^`, `=` and line ends. */
const isDelimiter = (byte: number): boolean =>
  byte === 0x5c || byte === 0x5e || byte === 0x3d || byte === 0x0a || byte === 0x0d;

/** The 7-bit pairs of JIS X 0208 or 0212 in EUC-JP's 8-bit form (0212 behind the single shift 0x8F). */
function asEucJp(pairs: Uint8Array, jis0212: boolean): Uint8Array {
  const euc: number[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    if (jis0212) euc.push(0x8f);
    euc.push((pairs[i] ?? 0) | 0x80, (pairs[i + 1] ?? 0) | 0x80);
  }
  return Uint8Array.from(euc);
}

import { describe, expect, it } from "vitest";

import type { DicomObject } from "../../domain/dicom-json.ts";
import { element } from "../query/json-model.ts";
import { dataSetBytes } from "../test-files.ts";
import type { CommandSet } from "./command-set.ts";
import { COMMAND } from "./command-set.ts";
import { FindExchange, MAX_IDENTIFIER_BYTES } from "./find-exchange.ts";

const STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1";
const EXPLICIT = "1.2.840.10008.1.2.1";
const IDENTIFIER = dataSetBytes({ "00080052 CS": "STUDY", "0020000D UI": "" }, { explicitVr: true });

/** An exchange over endless matches; `onSent` is told of each response. */
function exchange(onSent: (count: number, find: FindExchange) => void) {
  const sent: CommandSet[] = [];
  const drawn = { count: 0, isEnded: false };
  async function* endless(): AsyncGenerator<DicomObject> {
    try {
      for (;;) yield { "0020000D": element("UI", `1.2.${++drawn.count}`) };
    } finally {
      drawn.isEnded = true;
    }
  }
  const find: FindExchange = new FindExchange({
    command: {
      ...{ commandField: COMMAND.findRequest, messageId: 7, hasDataSet: true },
      affectedSopClassUid: STUDY_ROOT,
    },
    ...{ transferSyntax: EXPLICIT, callingAeTitle: "A", address: "127.0.0.1" },
    onFind: () => ({ knowsAllKeys: true, matches: endless() }),
    send: async (response) => {
      sent.push(response);
      onSent(sent.length, find);
    },
    onFailure: (error) => expect(error).toBeUndefined(),
  });
  return { find, sent, drawn };
}

describe("FindExchange", () => {
  it("stops at a C-CANCEL of its message, and only of its own; matches are drawn as they are sent", async () => {
    const { find, sent, drawn } = exchange((count, running) => {
      expect(drawn.count).toBe(count);
      if (count === 3) running.cancel(6);
      if (count === 5) running.cancel(7);
    });
    find.take(IDENTIFIER);
    await find.answer();
    expect(sent.map(({ status }) => status)).toEqual([...Array<number>(5).fill(0xff00), 0xfe00]);
    expect(sent.at(-1)).toMatchObject({ commandField: 0x8020, messageIdRespondedTo: 7, hasDataSet: false });
    expect(drawn).toMatchObject({ count: 6, isEnded: true });
  });

  it("says nothing more when it is abandoned", async () => {
    const { find, sent, drawn } = exchange((count, running) => {
      if (count === 2) running.abandon();
    });
    find.take(IDENTIFIER);
    await find.answer();
    expect(sent).toHaveLength(2);
    expect(drawn.isEnded).toBe(true);
  });

  it("keeps no identifier that is too long, and refuses it", async () => {
    const { find, sent, drawn } = exchange(() => undefined);
    for (let i = 0; i <= MAX_IDENTIFIER_BYTES / 1024; i += 1) find.take(Buffer.alloc(1024));
    await find.answer();
    expect(sent).toMatchObject([{ status: 0xa900 }]);
    expect(drawn.count).toBe(0);
  });
});

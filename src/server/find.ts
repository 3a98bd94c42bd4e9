/**
 * @file C-FIND, answered from the list: what was asked for of each match, and a line in the audit.
 */
import type { FindAnswers, FindRequest, OnFind } from "../dicom/net/find-exchange.ts";
import { PRIVATE } from "../dicom/query/dictionary.ts";
import type { Query } from "../dicom/query/identifier.ts";
import type { DicomObject } from "../domain/dicom-json.ts";
import { element } from "../dicom/query/json-model.ts";
import { addAudit } from "../store/audit.ts";
import { LEVEL_TAGS } from "./query/attributes.ts";
import type { FindContext } from "./query/find-studies.ts";
import { findEntities } from "./query/find-studies.ts";

/** Of an entity what the query asks for; what it has not is returned without a value (PS3.4 C.2.2.1). */
export function answerOf(entity: DicomObject, { level, returned }: Query): DicomObject {
  const answer: Record<string, DicomObject[string]> = {
    "00080005": element("CS", "ISO_IR 192"),
    "00080052": element("CS", level),
  };
  for (const [tag, vr] of returned) answer[tag] = entity[tag] ?? { vr };
  const hasOurs = [PRIVATE.rank, PRIVATE.tier, PRIVATE.reason].some((tag) => returned.has(tag));
  if (hasOurs) answer[PRIVATE.creatorTag] = element("LO", PRIVATE.creator);
  return answer;
}

/** Keys that entities of the level have not are not matched with (PS3.4 C.4.1.3.1): the answer's status says so. */
export function answerFind(context: FindContext): OnFind {
  return (request, signal): FindAnswers => {
    const { level, returned, matchers } = request.query;
    const known = new Set(LEVEL_TAGS[level]);
    const query = { ...request.query, matchers: new Map([...matchers].filter(([tag]) => known.has(tag))) };
    return {
      knowsAllKeys: [...returned.keys()].every((tag) => known.has(tag)),
      matches: answers(context, { ...request, query }, signal),
    };
  };
}

async function* answers(
  context: FindContext,
  { query, root, callingAeTitle, address }: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<DicomObject> {
  let count = 0;
  try {
    for await (const entity of findEntities(context, query, signal)) {
      count += 1;
      yield answerOf(entity, query);
    }
  } finally {
    const model = root === "STUDY" ? "Study Root" : "Patient Root";
    const detail = `${model}, ${query.level}: ${count} matches to ${address}`;
    await addAudit(context.db, { who: callingAeTitle, what: "queried", studyInstanceUid: null, detail });
  }
}

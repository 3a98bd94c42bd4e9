/**
 * @file The shown slice's map by another method than the model's own: asked for when the slice is shown, kept while
 * the study is open.
 */
import { useEffect, useState } from "react";

import type { MethodSaliencyResponse } from "../../domain/api.ts";
import { getSaliencyBy } from "../api/client.ts";

export interface MethodMap {
  /** null while it is made, and where it cannot be. */
  readonly saliency: MethodSaliencyResponse | null;
  /** Why it cannot be made; "" otherwise. */
  readonly problem: string;
}

const NONE: MethodMap = { saliency: null, problem: "" };
/** A reader who scrolls past a slice does not want its map. */
const REST_MS = 60;

/** @param method null for the model's own map, which came with the slice */
export function useMethodMap(uid: string, index: number, method: string | null): MethodMap {
  const [made, setMade] = useState<ReadonlyMap<string, MethodMap>>(new Map());
  const key = `${uid} ${index} ${method ?? ""}`;
  const isMade = made.get(key)?.saliency !== undefined && made.get(key)?.problem === "";
  useEffect(() => {
    if (method === null || isMade) return undefined;
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      const map = await getSaliencyBy(uid, index, method, abort.signal).then(
        (saliency): MethodMap => ({ saliency, problem: "" }),
        (error: unknown): MethodMap => ({
          saliency: null,
          problem: error instanceof Error ? error.message : String(error),
        }),
      );
      if (!abort.signal.aborted) setMade((before) => new Map(before).set(key, map));
    };
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [uid, index, method, key, isMade]);
  return method === null ? NONE : (made.get(key) ?? NONE);
}

/**
 * @file Asks the worker: a rough answer at once, a fine one when the sliders rest.
 */
import { useEffect, useRef, useState } from "react";

import type { SimulatorRequest, SimulatorResult } from "./compute.ts";
import type { Settings } from "./settings.ts";

const ROUGH_CASES = 15_000;
const FINE_CASES = 250_000;
/** Sliders that have not moved for so long rest. */
const REST_MS = 350;

const startWorker = (): Worker =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "simulator" });

/** One worker, and the newest request that it has not been given yet. An older one in between is never computed. */
class Desk {
  #worker = startWorker();
  #open: SimulatorRequest | null = null;
  #next: SimulatorRequest | null = null;
  readonly #onResult: (result: SimulatorResult) => void;

  constructor(onResult: (result: SimulatorResult) => void) {
    this.#onResult = onResult;
    this.#listen();
  }

  ask(request: SimulatorRequest): void {
    if (this.#open?.isRough === false) {
      // Seconds of work that nobody waits for any more.
      this.close();
      this.#worker = startWorker();
      this.#listen();
      this.#open = null;
    }
    if (this.#open === null) this.#give(request);
    else this.#next = request;
  }

  close(): void {
    this.#worker.terminate();
  }

  #give(request: SimulatorRequest): void {
    this.#open = request;
    this.#worker.postMessage(request);
  }

  #listen(): void {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<SimulatorResult>) => {
      this.#open = null;
      const next = this.#next;
      this.#next = null;
      if (next) this.#give(next);
      this.#onResult(data);
    });
  }
}

/** The newest result; null before the first. */
export function useSimulation(settings: Settings): SimulatorResult | null {
  const [result, setResult] = useState<SimulatorResult | null>(null);
  const deskRef = useRef<Desk>(null);
  useEffect(() => {
    const desk = new Desk(setResult);
    deskRef.current = desk;
    return () => {
      deskRef.current = null;
      desk.close();
    };
  }, []);
  useEffect(() => {
    deskRef.current?.ask({ settings, cases: ROUGH_CASES, isRough: true });
    const fine = { settings, cases: FINE_CASES, isRough: false };
    const timer = setTimeout(() => deskRef.current?.ask(fine), REST_MS);
    return () => clearTimeout(timer);
  }, [settings]);
  return result;
}

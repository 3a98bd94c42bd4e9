/**
 * @file Which model scores, and changing it while the server runs.
 *
 * A package is copied into the data folder, loaded beside the old one and tried before anything changes; then
 * the choice is committed (with its audit entry), and only then does this process switch. Other processes on
 * the same database are told, and follow. What was in use stays in the data folder to go back to.
 */
import { rm } from "node:fs/promises";
import { isAbsolute } from "node:path";

import type { Kysely } from "kysely";

import type { InstalledModel, ModelInUse, ModelUseRequest } from "../../domain/api.ts";
import type { Label } from "../../domain/finding.ts";
import { DEFAULT_MODEL_DIR, readPackageSpec } from "../../model/package.ts";
import {
  folderDigest,
  installedDir,
  installFolder,
  listInstalled,
  type InstalledFolder,
} from "../../store/installed-folders.ts";
import { isRemote, toLocalFolder } from "../../store/location.ts";
import { chooseModel, currentModelUse, lastModelUses, type ModelUse } from "../../store/model-uses.ts";
import type { Database } from "../../store/schema.ts";
import { nextAnalysis, statesThatTake } from "../../triage/lifecycle.ts";
import type { ServerConfig } from "../config.ts";
import { HttpError } from "../errors.ts";
import { errorText, type Log } from "../log.ts";
import type { Scorer } from "./scorer.ts";
import { SwitchableScorer } from "./switchable-scorer.ts";

export interface ModelSwitchOptions {
  readonly config: ServerConfig;
  readonly db: Kysely<Database>;
  readonly log: Log;
  /** Where packages are kept that were in use. */
  readonly modelsDir: string;
  /** Opens the package of `config.model.dir`. */
  readonly openScorer: (config: ServerConfig) => Promise<Scorer>;
  /** Called whenever this process has switched. */
  readonly onSwitched: (model: ModelInUse) => void;
}

/** What the worklist is about: a package that finds something else has no place here. */
const POSITIVE: Label = "hemorrhage";

const inWords = ({ name, version, digest }: ModelInUse): string => `${name} ${version} (${digest})`;

export class ModelSwitch {
  readonly scorer: SwitchableScorer;
  readonly #options: ModelSwitchOptions;
  #inUse: ModelInUse;
  /** The choice that this process has followed, or tried to; null: none was ever made. */
  #useId: number | null;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #isChoosing = false;

  private constructor(options: ModelSwitchOptions, scorer: Scorer, inUse: ModelInUse, useId: number | null) {
    this.#options = options;
    this.scorer = new SwitchableScorer(scorer);
    this.#inUse = inUse;
    this.#useId = useId;
  }

  /**
   * Open the model that was chosen last, or the configured one where none was chosen.
   * @throws Error when it cannot be used
   */
  static async open(options: ModelSwitchOptions): Promise<ModelSwitch> {
    const { config, db, log, openScorer } = options;
    const use = await currentModelUse(db);
    if (use) {
      const scorer = await openScorer(withModel(options, use.digest));
      if (config.model.dir !== null) {
        log("warn", "the model that was chosen (firstread model use) goes before the configured one", {
          chosen: `${use.name} ${use.version}`,
          configured: config.model.dir,
        });
      }
      return new ModelSwitch(options, scorer, toModelInUse(use), use.id);
    }
    const source = config.model.dir ?? DEFAULT_MODEL_DIR;
    const scorer = await openScorer(config);
    const digest = await folderDigest(await toLocalFolder(source));
    return new ModelSwitch(
      options,
      scorer,
      { ...scorer.model, digest, source, since: null, who: null },
      null,
    );
  }

  get inUse(): ModelInUse {
    return this.#inUse;
  }

  /** Every package that was in use once and is kept, and the one in use. */
  async installed(): Promise<InstalledModel[]> {
    const { db, modelsDir } = this.#options;
    const lastUses = await lastModelUses(db);
    const models: InstalledModel[] = [];
    for (const digest of await listInstalled(modelsDir)) {
      const spec = await readPackageSpec(installedDir(modelsDir, digest)).catch(() => null);
      if (!spec) continue;
      const lastChosenAt = lastUses.get(digest)?.toISOString() ?? null;
      models.push({ name: spec.name, version: spec.version, digest, lastChosenAt });
    }
    return models;
  }

  /**
   * Score with another package from now on.
   * @throws HttpError 4xx when the package cannot be used, or another change is under way; then nothing changes
   */
  async choose({ package: wanted, who, rescore }: ModelUseRequest): Promise<{ readonly rescored: number }> {
    if (this.#isChoosing) throw new HttpError(409, "conflict", "Another change of the model is under way.");
    this.#isChoosing = true;
    try {
      return await this.#alone(() => this.#choose(wanted, who.trim(), rescore));
    } finally {
      this.#isChoosing = false;
    }
  }

  /** Follow a choice that was made elsewhere. One that cannot be followed is logged, and the old model goes on. */
  async bringTo(useId: number | null): Promise<void> {
    if (useId === null || useId === this.#useId) return;
    await this.#alone(() => this.#follow());
  }

  /** Another process may have made a choice. */
  async refresh(): Promise<void> {
    await this.#alone(() => this.#follow());
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #choose(wanted: string, who: string, rescore: boolean): Promise<{ readonly rescored: number }> {
    const { db, modelsDir, openScorer } = this.#options;
    const unusable = (cause: unknown) =>
      new HttpError(422, "unusable-package", `The model stays as it is: ${errorText(cause)}`, { cause });
    const installed = await this.#install(wanted).catch((cause: unknown) => {
      throw cause instanceof HttpError ? cause : unusable(cause);
    });
    const scorer = await openScorer(withModel(this.#options, installed.digest)).catch(
      async (cause: unknown) => {
        if (installed.isNew) await rm(installed.dir, { recursive: true, force: true });
        throw unusable(cause);
      },
    );
    try {
      const { name, version } = await readPackageSpec(installed.dir);
      await this.#keepCurrent(modelsDir);
      const queued = nextAnalysis("scoring", "worker-lost");
      const { use, rescored } = await chooseModel(db, {
        ...{ who, name, version, digest: installed.digest, source: installed.source },
        ...{ before: inWords(this.#inUse), queued, underWay: "scoring", waiting: ["arriving", "settled"] },
        again: rescore ? statesThatTake("rescore") : [],
      });
      this.#switchTo(use, scorer);
      return { rescored };
    } catch (error) {
      await scorer.close();
      throw error;
    }
  }

  /** Copy the wanted package into the data folder: `default`, a digest of one that is there, or a place. */
  async #install(wanted: string): Promise<InstalledFolder & { source: string }> {
    const { modelsDir } = this.#options;
    const hex = /^(?:sha256:)?([0-9a-f]{8,64})$/.exec(wanted)?.[1];
    if (hex !== undefined) {
      const known = (await listInstalled(modelsDir)).filter((digest) => digest.startsWith(`sha256:${hex}`));
      const [digest] = known;
      if (digest === undefined || known.length > 1) {
        throw new HttpError(
          422,
          "unusable-package",
          `Expected the digest of one kept package, got ${wanted}, which is that of ${known.length}.`,
        );
      }
      return { digest, dir: installedDir(modelsDir, digest), isNew: false, source: wanted };
    }
    const source = wanted === "default" ? DEFAULT_MODEL_DIR : wanted;
    if (!isRemote(source) && !isAbsolute(source)) {
      throw new HttpError(
        400,
        "bad-request",
        `Expected an absolute path, s3://…, or a digest, got ${wanted}.`,
      );
    }
    const dir = await toLocalFolder(source);
    // Before anything is copied: the folder may be anything.
    const { positive } = await readPackageSpec(dir);
    if (positive !== POSITIVE) {
      throw new Error(`model.json: positive: expected "${POSITIVE}" for the worklist, got "${positive}"`);
    }
    return { ...(await installFolder(dir, modelsDir)), source };
  }

  /** Keep what is in use, so that it can be gone back to: the configured package is not in the data folder yet. */
  async #keepCurrent(modelsDir: string): Promise<void> {
    const { digest, source, since } = this.#inUse;
    if (since !== null) return;
    const kept = await installFolder(await toLocalFolder(source), modelsDir);
    if (kept.digest !== digest) {
      this.#options.log(
        "warn",
        "the model in use was changed on disk since it was loaded: it is kept as it is",
        {
          source,
        },
      );
    }
  }

  async #follow(): Promise<void> {
    const { db, log, openScorer } = this.#options;
    const use = await currentModelUse(db);
    if (!use || use.id === this.#useId) return;
    try {
      this.#switchTo(use, await openScorer(withModel(this.#options, use.digest)));
    } catch (error) {
      this.#useId = use.id;
      log("error", "the chosen model cannot be loaded here: the old one goes on", {
        reason: errorText(error),
      });
    }
  }

  #switchTo(use: ModelUse, scorer: Scorer): void {
    this.scorer.replace(scorer);
    this.#useId = use.id;
    this.#inUse = toModelInUse(use);
    const { name, version, digest, who } = this.#inUse;
    this.#options.log("info", "another model scores", { name, version, digest, who });
    this.#options.onSwitched(this.#inUse);
  }
}

function withModel({ config, modelsDir }: ModelSwitchOptions, digest: string): ServerConfig {
  return { ...config, model: { ...config.model, dir: installedDir(modelsDir, digest) } };
}

const toModelInUse = ({ name, version, digest, source, at, who }: ModelUse): ModelInUse => ({
  ...{ name, version, digest, source, since: at.toISOString(), who },
});

/**
 * @file Following a policy's file, on a real database: what ranks, what is refused, what is written of it.
 */
import { mkdtemp, chmod, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { PolicyInUse } from "../../domain/policy.ts";
import { openDatabase, type OpenDatabase } from "../../store/database.ts";
import { PolicyService } from "./policy-service.ts";

let root: string;
let database: OpenDatabase;
let file: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "firstread-policy-"));
  await chmod(root, 0o755);
  database = await openDatabase({ embeddedDir: join(root, "database") });
  file = join(root, "policy.yaml");
});
afterAll(async () => {
  await database.close();
  await rm(root, { recursive: true, force: true });
});

/** As editors do: another file, put in the place of the first. */
async function edit(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function open(changes: PolicyInUse[] = []): Promise<PolicyService> {
  const { db } = database;
  return PolicyService.open({ file, db, log: () => undefined, onChange: (inUse) => changes.push(inUse) });
}

const audited = async (): Promise<string[]> => {
  const rows = await database.db
    .selectFrom("audit")
    .select("detail")
    .where("what", "=", "policy changed")
    .execute();
  return rows.map(({ detail }) => detail.replaceAll(/@[0-9a-f]{8}/g, ""));
};
const until = (read: () => unknown) => expect.poll(read, { timeout: 15_000, interval: 20 });

describe("PolicyService", () => {
  it("says why it cannot start where no policy ever ranked", async () => {
    await expect(open()).rejects.toThrow(/policy\.yaml: cannot be read: .*ENOENT/);
  });

  it("follows its file through renames, and writes each change once, however many processes see it", async () => {
    await edit("name: first");
    const changes: PolicyInUse[] = [];
    const services = [await open(changes), await open()];
    expect(services.map(({ policy }) => policy.name)).toEqual(["first", "first"]);
    await edit("name: second\nfindings: []");
    await until(() => services.map(({ policy }) => policy.name)).toEqual(["second", "second"]);
    await until(audited).toEqual(["first", "first → second"]);
    expect(changes.map(({ version }) => version)).toEqual([services[0]?.inUse.version]);
    await Promise.all(services.map((service) => service.close()));
  });

  it("keeps the policy that ranks when the file breaks or goes, and forgets the problem when it is whole again", async () => {
    const changes: PolicyInUse[] = [];
    const service = await open(changes);
    await edit("name: third\norder: { stat: now }");
    await until(() => service.inUse.problem).toBe(
      'policy.yaml:2:10: order.stat: expected one of critical, stat, urgent, routine, low, got "now"',
    );
    expect(service.policy.name).toBe("second");
    await rm(file);
    await until(() => service.inUse.problem).toMatch(/cannot be read/);
    await edit("name: second\nfindings: [] # as before");
    await until(() => service.inUse.problem).toBe("");
    expect(new Set(changes.map(({ version }) => version)).size).toBe(1);
    expect(await audited()).toHaveLength(2);
    await service.close();
  });

  it("starts with the policy that ranked last when the file is broken by then", async () => {
    await edit("name: [");
    const service = await open();
    expect([service.policy.name, service.policy.rules.length]).toEqual(["second", 1]);
    expect(service.inUse.problem).toMatch(/not YAML/);
    await service.close();
  });
});

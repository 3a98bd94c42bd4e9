import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { parseConfig, readConfigFile } from "./config.ts";

describe("parseConfig", () => {
  it("has the documented defaults", () => {
    expect(parseConfig({})).toMatchObject({
      roles: ["receiver", "worker", "web"],
      settleSeconds: 10,
      http: { host: "127.0.0.1", port: 8080 },
      dicom: { host: "127.0.0.1", port: 11112, aeTitle: "FIRSTREAD", allowedPeers: null },
      database: { url: null },
    });
  });

  it.each([
    [[], "Configuration: the whole: expected an object, got []."],
    [{ settleSeconds: 0 }, "Configuration: settleSeconds: expected seconds above 0, at most a day, got 0."],
    [{ http: { port: "80" } }, 'Configuration: http.port: expected a port, 0 to 65535, got "80".'],
    [{ http: { prot: 80 } }, 'Configuration: http.prot: expected one of host, port, got "prot".'],
    [
      { roles: ["painter"] },
      'Configuration: roles: expected a list of receiver, worker, web, or "model" alone, got ["painter"].',
    ],
    [
      { dicom: { aeTitle: "SEVENTEEN_LETTERS" } },
      'Configuration: dicom.aeTitle: expected an AE title of 1 to 16 characters, got "SEVENTEEN_LETTERS".',
    ],
    [
      { dicom: { allowedPeers: [{ aeTitle: "CT1" }] } },
      'Configuration: dicom.allowedPeers[0]: expected aeTitle and address, got {"aeTitle":"CT1"}.',
    ],
    [
      { database: { url: "mysql://x" } },
      'Configuration: database.url: expected a postgres:// URL, got "mysql://x".',
    ],
  ])("refuses %j and says where and why", (input, message) => {
    expect(() => parseConfig(input)).toThrow(message);
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "firstread.example"])("keeps the page off %s", (host) => {
    expect(() => parseConfig({ http: { host } })).toThrow(
      /http\.host: expected a loopback address.*no login yet/,
    );
  });

  it("lets a model alone be anywhere, and nothing beside it", () => {
    expect(parseConfig({ roles: ["model"], http: { host: "0.0.0.0" } }).roles).toEqual(["model"]);
    expect(() => parseConfig({ roles: ["model", "web"] })).toThrow(/or "model" alone, got/);
  });

  it.each(["127.0.0.1", "127.0.0.2", "::1", "localhost"])("lets the page be on %s", (host) => {
    expect(parseConfig({ http: { host } }).http.host).toBe(host);
  });

  it("wants to know the senders when the DICOM port is on a network", () => {
    const dicom = { host: "0.0.0.0" };
    expect(() => parseConfig({ dicom })).toThrow(/dicom\.allowedPeers: expected a list/);
    expect(() => parseConfig({ dicom: { ...dicom, allowedPeers: [] } })).toThrow(/dicom\.allowedPeers/);
    const allowedPeers = [{ aeTitle: "CT1", address: "10.1.0.0/16" }];
    expect(parseConfig({ dicom: { ...dicom, allowedPeers } }).dicom.allowedPeers).toEqual(allowedPeers);
  });
});

describe("readConfigFile", () => {
  it("says which file cannot be read, or is not JSON", async () => {
    const folder = await mkdtemp(join(tmpdir(), "firstread-config-"));
    const file = join(folder, "config.json");
    await expect(readConfigFile(file)).rejects.toThrow(`The configuration ${file} cannot be read.`);
    await writeFile(file, "{ settle: 1 }");
    await expect(readConfigFile(file)).rejects.toThrow(`The configuration ${file} is not JSON`);
    await writeFile(file, '{ "settleSeconds": 1 }');
    expect(await readConfigFile(file)).toEqual({ settleSeconds: 1 });
    await rm(folder, { recursive: true });
  });
});

/**
 * @file The programs the tests talk to, from Debian's packages: DICOM tools no one here wrote, a browser.
 *
 * Installed only as root on a system with `apt-get`; elsewhere nothing is changed, and the tests of an
 * absent program are skipped with a stated reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Package → a file it brings. */
const PEERS: Readonly<Record<string, string>> = {
  dcmtk: "/usr/bin/storescu",
  dicom3tools: "/usr/bin/dciodvfy",
  orthanc: "/usr/sbin/Orthanc",
  chromium: "/usr/bin/chromium",
  "libgdcm-tools": "/usr/bin/gdcmconv",
};

/** Install what is missing; say what happened; never throw. */
export function installPeers(): void {
  const missing = Object.keys(PEERS).filter((name) => !existsSync(PEERS[name] ?? ""));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.log(`Peer programs not here: ${missing.join(", ")} (tests that need them will say so).`);
    return;
  }
  console.log(`Installing ${missing.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) =>
    spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  // A package's own service must not start here: Orthanc's would take its ports.
  const installed = apt("-q", "update") && apt("-qy", "install", "--no-install-recommends", ...missing);
  if (!installed) console.log("apt-get could not install them; tests that need them will say so.");
}

if (import.meta.main) installPeers();

/**
 * @file The programs the tests talk to, from Debian's packages: DICOM tools no one here wrote, a browser,
 * an S3, HL7 and SMTP peers.
 *
 * Installed only as root on a system with `apt-get`; elsewhere nothing is changed, and the tests of an
 * absent program are skipped with a stated reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** Package → a file it brings. */
const PEERS: Readonly<Record<string, string>> = {
  dcmtk: "/usr/bin/storescu",
  dicom3tools: "/usr/bin/dciodvfy",
  orthanc: "/usr/sbin/Orthanc",
  chromium: "/usr/bin/chromium",
  "libgdcm-tools": "/usr/bin/gdcmconv",
  radosgw: "/usr/bin/radosgw",
  "ceph-mon": "/usr/bin/ceph-mon",
  "ceph-osd": "/usr/bin/ceph-osd",
  "python3-hl7": "/usr/bin/mllp_send",
  "python3-aiosmtpd": "/usr/bin/aiosmtpd",
};

/** Debian's own way to say that no service is to be started: a program that answers 101 to whoever asks. */
const POLICY = "/usr/sbin/policy-rc.d";

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
  const isOurPolicy = !existsSync(POLICY);
  if (isOurPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  let installed: boolean;
  try {
    installed = apt("-q", "update") && apt("-qy", "install", "--no-install-recommends", ...missing);
  } finally {
    if (isOurPolicy) rmSync(POLICY, { force: true });
  }
  if (!installed) console.log("apt-get could not install them; tests that need them will say so.");
}

if (import.meta.main) installPeers();

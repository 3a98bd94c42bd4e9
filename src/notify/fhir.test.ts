/** @file FHIR R4 as we write it: every value coded, nothing of a patient unless named, repeatable. */
import { describe, expect, it } from "vitest";

import { noticeFor } from "./test-notice.ts";
import { fhirTransaction } from "./fhir-bundle.ts";

/** Every object anywhere in a resource. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* objectsIn(part);
}

const resourcesOf = (...args: Parameters<typeof noticeFor>) =>
  (fhirTransaction(noticeFor(...args)).entry ?? []).map(({ resource }) => resource);

describe("fhirTransaction", () => {
  it("holds an observation, its report and a task for a suspected hemorrhage", () => {
    const [observation, report, task] = resourcesOf("flagged");
    expect(observation).toMatchObject({
      resourceType: "Observation",
      status: "preliminary",
      code: { coding: [{ system: "http://snomed.info/sct", code: "1386000" }] },
      valueCodeableConcept: { coding: [{ system: "http://snomed.info/sct", code: "415684004" }] },
      component: [
        {
          code: { coding: [{ system: "http://dicom.nema.org/resources/ontology/DCM", code: "111012" }] },
          valueQuantity: { value: 93, system: "http://unitsofmeasure.org", code: "%" },
        },
      ],
    });
    expect(report).toMatchObject({
      resourceType: "DiagnosticReport",
      code: { coding: [{ system: "http://loinc.org", code: "11539-4" }] },
      conclusion: "Suspected hemorrhage (93 %), study 0123456789. Research use only. Not for diagnosis.",
    });
    expect(task).toMatchObject({
      resourceType: "Task",
      status: "requested",
      intent: "proposal",
      priority: "stat",
    });
  });

  it("refers inside the transaction by the entries' own addresses", () => {
    const { entry = [] } = fhirTransaction(noticeFor("flagged"));
    const urls = entry.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(3);
    expect(entry[1]?.resource).toMatchObject({ result: [{ reference: urls[0] }] });
    expect(entry[2]?.resource).toMatchObject({ focus: { reference: urls[1] } });
    for (const url of urls) expect(url).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("takes the place of what was said of the study before: conditional updates by its identifiers", () => {
    const [flagged, cleared] = (["flagged", "cleared"] as const).map((event) =>
      (fhirTransaction(noticeFor(event)).entry ?? []).map(({ request }) => request),
    );
    expect(cleared).toEqual(flagged);
    expect(flagged?.map((request) => request?.method)).toEqual(["PUT", "PUT", "PUT"]);
    expect(flagged?.[0]?.url).toBe(
      "Observation?identifier=urn%3Auuid%3A3f0a51c2-86a4-4b0a-9f4e-0c1f5e6d7a31%7C0123456789-hemorrhage",
    );
    expect(resourcesOf("cleared").at(-1)).toMatchObject({ status: "cancelled", priority: "routine" });
  });

  it.each(["flagged", "cleared", "failed", "top-tier"] as const)("leaves no value of %s uncoded", (event) => {
    for (const object of objectsIn(
      fhirTransaction(noticeFor(event, { patientId: "P1", accessionNumber: "A1" })),
    )) {
      if ("coding" in object) {
        expect(object["coding"]).toEqual([
          {
            system: expect.stringMatching(/^http/) as string,
            code: expect.any(String) as string,
            display: expect.any(String) as string,
          },
        ]);
      }
      if ("unit" in object) expect(object).toMatchObject({ system: "http://unitsofmeasure.org", code: "%" });
    }
  });

  it("has no value for a failure, and says that there is none", () => {
    const [observation] = resourcesOf("failed");
    expect(observation).toMatchObject({ dataAbsentReason: { coding: [{ code: "error" }] } });
    expect(observation).not.toHaveProperty("valueCodeableConcept");
  });

  it("is about nobody unless the configuration names them", () => {
    for (const object of objectsIn(fhirTransaction(noticeFor("flagged"))))
      expect(object).not.toHaveProperty("subject");
    const [observation, report] = resourcesOf("flagged", {
      patientId: "P1",
      accessionNumber: "A1",
      studyInstanceUid: "1.2.3",
    });
    expect(observation).toMatchObject({
      subject: { identifier: { value: "P1" } },
      basedOn: [{ identifier: { value: "A1" } }],
    });
    expect(report).toMatchObject({
      imagingStudy: [{ identifier: { system: "urn:dicom:uid", value: "urn:oid:1.2.3" } }],
    });
  });
});

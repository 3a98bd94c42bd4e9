import { describe, expect, it } from "vitest";

import { mapClasses, summariseCases } from "../evaluate.ts";
import { tinyPackage } from "../test-package.ts";
import { challengeLogLoss, givenFindings } from "./challenge-loss.ts";
import { studyCases } from "./study-cases.ts";

const KINDS = ["epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural"];

describe("challengeLogLoss", () => {
  it("counts any bleed twice, and each kind once", () => {
    const truth = { epidural: 0, subdural: 1, any: 1 } as const;
    const given = { epidural: 0.5, subdural: 0.25, any: 0.5 };
    // (ln 2 + ln 4 + 2 ln 2) / (1 + 1 + 2)
    const loss = challengeLogLoss([{ group: "a", truth, given }]);
    expect(loss?.value).toBeCloseTo((5 * Math.log(2)) / 4, 12);
  });

  it("is judged on what is both known and given", () => {
    const truth = { epidural: 0, any: 1 } as const;
    expect(challengeLogLoss([{ group: "a", truth, given: { any: 0.25 } }])?.value).toBeCloseTo(
      Math.log(4),
      12,
    );
    expect(challengeLogLoss([])).toBeNull();
  });
});

describe("givenFindings", () => {
  it("takes a class of the name, or all that is not normal, or the positive class", () => {
    expect(givenFindings(["normal", "hemorrhage"], [0.25, 0.75], "hemorrhage", KINDS)).toEqual({ any: 0.75 });
    expect(givenFindings(["normal", "subdural", "epidural"], [0.5, 0.25, 0.25], "subdural", KINDS)).toEqual({
      ...{ epidural: 0.25, subdural: 0.25 },
      any: 0.5,
    });
    expect(givenFindings(["clear", "blood"], [0.25, 0.75], "blood", KINDS)).toEqual({ any: 0.75 });
  });
});

describe("mapClasses", () => {
  const { labels, spec } = tinyPackage();
  const model = { labels, spec: { ...spec, digest: "" } };

  it("judges every class where the model knows them all, whatever their order", () => {
    const mapping = mapClasses(["hemorrhage", "normal"], model);
    expect(mapping.labels).toEqual(["normal", "hemorrhage"]);
    expect([0, 1].map(mapping.classOf)).toEqual([1, 0]);
  });

  it("takes classes it does not know for what is not positive", () => {
    const mapping = mapClasses(["calcification", "hemorrhage", "tumour"], model);
    expect([0, 1, 2].map(mapping.classOf)).toEqual([0, 1, 0]);
    expect(mapping.probabilitiesOf([0.25, 0.75])).toEqual([0.25, 0.75]);
    expect(() => mapClasses(["cat", "dog"], model)).toThrow(
      'finds "hemorrhage"; the data has the classes cat, dog',
    );
  });
});

describe("studyCases and summariseCases", () => {
  const judged = {
    unit: "pictures",
    labels: ["normal", "subdural", "epidural"],
    positive: 1,
    cases: [
      { file: "1", group: "a", classIndex: 0, probabilities: [0.7, 0.2, 0.1] },
      { file: "2", group: "a", classIndex: 1, probabilities: [0.3, 0.6, 0.1] },
      { file: "3", group: "b", classIndex: 2, probabilities: [0.1, 0.3, 0.6] },
    ],
  };

  it("make a study as suspicious as its most suspicious picture, positive where one is", () => {
    const studies = studyCases(judged);
    expect(studies.labels).toEqual(["not subdural", "subdural"]);
    expect(studies.cases).toEqual([
      { file: "a", group: "a", classIndex: 1, probabilities: [0.4, 0.6] },
      { file: "b", group: "b", classIndex: 0, probabilities: [0.7, 0.3] },
    ]);
  });

  it("give each of more than two classes, and the mean of them", () => {
    const evaluation = summariseCases(judged, 0.5);
    expect(evaluation.accuracy?.value).toBe(1);
    expect(evaluation.classes.map(({ label, figures }) => [label, figures.auc?.value])).toEqual([
      ["normal", 1],
      ["subdural", 1],
      ["epidural", 1],
    ]);
    expect(evaluation.macro?.auc).toBe(1);
    // The mean of (0.3² + 0.3² + 0.1²) / 3, (0.2² + 0.4² + 0.3²) / 3 and (0.1² + 0.1² + 0.4²) / 3.
    expect(evaluation.macro?.brier).toBeCloseTo((0.19 + 0.29 + 0.18) / 9, 12);
  });
});

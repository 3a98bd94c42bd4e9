/**
 * @file The model card that training writes: what is known from the training itself.
 */
import type { PackageParts } from "../package.ts";

const figure = (value: number): string => value.toFixed(3);

/** Markdown. The maker of a model adds what training cannot know: intended use, tests on other data. */
export function trainingCard(spec: PackageParts["spec"], labels: readonly string[]): string {
  const rows = spec.metrics.map(({ name, of, value, interval, method }) => {
    const range = interval ? `${figure(interval[0])} to ${figure(interval[1])}` : "";
    return `| ${name} | ${of} | ${figure(value)} | ${range} | ${method} |`;
  });
  const metrics =
    rows.length === 0
      ? "None: it was trained without held-out patients."
      : ["| Figure | Of | Value | 95 % interval | Method |", "|---|---|---|---|---|", ...rows].join("\n");
  const { how, ...details } = spec.training;
  const training = Object.entries(details).map(
    ([key, value]) => `- ${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `# ${spec.name} ${spec.version}

**Research use only. Not a medical device; never a diagnosis.**

Classes: ${labels.join(", ")}. The threshold and the saliency map are about "${spec.positive}".

Licence of the package: ${spec.licence}

## Figures

${metrics}

Threshold ${figure(spec.threshold.value)}: ${spec.threshold.chosen}.

Figures of held-out patients of the training data say nothing about other scanners: test it on your own.

## Training

${String(how)} The layer's features: the ${spec.pooling} of the feature maps "${spec.layer}".

${training.join("\n")}
`;
}

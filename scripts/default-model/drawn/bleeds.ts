/**
 * @file Bleeds of every kind, drawn onto a slice. Shapes are those of textbooks.
 */
import type { Draw } from "./blood.ts";
import { haemorrhagicInfarct, intraparenchymal } from "./clots.ts";
import { epidural, subdural } from "./extra-axial.ts";
import { intraventricular, subarachnoid } from "./fluid-bleeds.ts";

export const BLEEDS: Readonly<Record<string, Draw>> = {
  subdural,
  epidural,
  subarachnoid,
  intraventricular,
  intraparenchymal,
  haemorrhagicInfarct,
};

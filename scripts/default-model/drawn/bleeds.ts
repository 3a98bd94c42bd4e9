/**
 * @file Bleeds of every kind, drawn onto a slice. Shapes are those of textbooks.
 */
import type { Draw } from "./blood.ts";
import { haemorrhagicInfarct, intraparenchymal } from "./clots.ts";
import type { Decorate } from "./dense.ts";
import { epidural, subdural } from "./extra-axial.ts";
import { intraventricular, subarachnoid } from "./fluid-bleeds.ts";
import { hornLevel, hornLevelSetting } from "./horn-level.ts";

export const BLEEDS: Readonly<Record<string, Draw>> = {
  subdural,
  epidural,
  subarachnoid,
  intraventricular,
  hornLevel,
  intraparenchymal,
  haemorrhagicInfarct,
};

/** What a kind needs around it, drawn before the blood by the same chance. */
export const SETTINGS: Readonly<Record<string, Decorate>> = { hornLevel: hornLevelSetting };

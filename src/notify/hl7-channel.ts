/**
 * @file The HL7 channel: a result by MLLP, one connection each, done when the peer's acknowledgement says so.
 */
import { connect } from "node:net";

import { Hl7Message } from "@medplum/core";

import { DeliveryFailed, DeliveryRefused, unreachable, type Channel } from "./channel.ts";
import { controlIdOf, resultMessage, type Hl7Parties } from "./hl7-result.ts";
import { BadFrame, frameMllp, MllpReader } from "./mllp.ts";

export interface Hl7ChannelConfig extends Hl7Parties {
  readonly host: string;
  readonly port: number;
}

export function hl7Channel(config: Hl7ChannelConfig, now: () => Date = () => new Date()): Channel {
  const { host, port } = config;
  const target = `${host}:${port}`;
  return {
    kind: "hl7",
    target,
    async send(notice, signal) {
      const message = resultMessage(notice, config, now());
      return judge(await exchange(config, message, controlIdOf(notice), signal), target);
    },
  };
}

/** Send, and wait for the acknowledgement of this message. */
function exchange(
  { host, port }: Hl7ChannelConfig,
  message: string,
  controlId: string,
  signal: AbortSignal,
): Promise<Hl7Message> {
  const target = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal, noDelay: true });
    const reader = new MllpReader();
    const fail = (error: Error): void => {
      reject(error);
      socket.destroy();
    };
    socket.on("connect", () => socket.write(frameMllp(message)));
    socket.on("data", (piece: Buffer) => {
      try {
        const answer = reader.push(piece).map(parseAnswer).find(answers(controlId));
        if (!answer) return;
        resolve(answer);
        socket.destroy();
      } catch (error) {
        const why = error instanceof BadFrame ? error.message : "It is not an HL7 message.";
        fail(new DeliveryFailed(`${target} answered what is no acknowledgement. ${why}`));
      }
    });
    socket.on("error", (error) => fail(unreachable(target, error, signal)));
    socket.on("close", () => fail(new DeliveryFailed(`${target} closed the connection without an answer.`)));
  });
}

const parseAnswer = (text: string): Hl7Message => Hl7Message.parse(text);

const answers =
  (controlId: string) =>
  (message: Hl7Message): boolean =>
    message.getSegment("MSA")?.getField(2)?.toString() === controlId;

/**
 * Table 0008. AE finds fault with the message: sending it again is no use (2.9.2.2). AR rejects it for reasons of the
 * peer's own, which pass. Its words are not repeated, they may name a patient; the codes of ERR-3 (table 0357) are.
 */
function judge(answer: Hl7Message, target: string): string {
  const code = answer.getSegment("MSA")?.getField(1)?.toString() ?? "";
  const errors = answer
    .getAllSegments("ERR")
    .map((err) => err.getComponent(3, 1))
    .filter((error) => /^\w{1,20}$/.test(error));
  const detail = errors.length === 0 ? "" : ` (error ${errors.join(", ")})`;
  switch (code) {
    case "AA":
    case "CA":
      return code;
    case "AE":
    case "CE":
      throw new DeliveryRefused(`${target} found an error in the message: ${code}${detail}.`);
    case "AR":
    case "CR":
      throw new DeliveryFailed(`${target} rejected the message: ${code}${detail}.`);
    default:
      throw new DeliveryFailed(`${target} acknowledged with an unknown code.`);
  }
}

/**
 * @file What every pixel codec is: the encoded bytes of one frame in, stored words out.
 */

/** What the data set says of a frame; a codec refuses a codestream that says otherwise. */
export interface FrameFormat {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
}

/**
 * Decode one frame to its stored words, `[rows, columns]`. Values of fewer than 16 bits stand in the low bits;
 * what stands above BitsStored has no meaning.
 *
 * @throws UndecodableImage when the codestream is damaged, cut off, or of another size than the data set says
 */
export type DecodeFrame = (encoded: Uint8Array, format: FrameFormat) => Uint16Array | Promise<Uint16Array>;

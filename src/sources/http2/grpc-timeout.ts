/** Milliseconds in a unit of `grpc-timeout`. */
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** In ms; NaN where it is no timeout: at most eight digits and a unit (gRPC over HTTP/2, Requests). */
export function parseGrpcTimeout(text: string): number {
  const unitMs = UNIT_MS[text.at(-1) ?? ''];
  const digits = text.slice(0, -1);
  return unitMs !== undefined && /^\d{1,8}$/.test(digits) ? Number(digits) * unitMs : Number.NaN;
}

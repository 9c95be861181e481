type Labels = Readonly<Record<string, string>>;

/** One sample of an instant vector. */
export interface PrometheusSample {
  readonly metric: Labels;
  readonly value: number;
}

/** One series of a range, at Unix times in seconds. */
export interface PrometheusSeries {
  readonly metric: Labels;
  readonly values: readonly (readonly [at: number, value: number])[];
}

type Point = readonly [at: number, value: string];

/** As https://prometheus.io/docs/prometheus/latest/querying/api/ has it. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Labels;
      readonly value: Point;
      readonly values: readonly Point[];
    }[];
  };
}

/** Throws where the query was none, or made no instant vector. */
export function readVector(answer: unknown, expr: string): readonly PrometheusSample[] {
  return resultOf(answer, expr, 'vector').map(({ metric, value }) => ({
    metric,
    value: numberOf(value[1]),
  }));
}

/** Throws where the query was none. */
export function readMatrix(answer: unknown, expr: string): readonly PrometheusSeries[] {
  return resultOf(answer, expr, 'matrix').map(({ metric, values }) => ({
    metric,
    values: values.map(([at, value]) => [at, numberOf(value)] as const),
  }));
}

function resultOf(answer: unknown, expr: string, wanted: string) {
  const { data, error } = answer as Answer;
  if (data?.resultType !== wanted) throw new Error(`${expr}: ${error ?? data?.resultType}`);
  return data.result;
}

/** `Number` knows no Inf. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

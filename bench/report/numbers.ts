/** Three significant digits, thousands parted by commas: 84,200, 12.0, 0.0123. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'unbounded' : 'unknown';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 100 ? whole(rounded) : rounded.toPrecision(3);
}

/** The same without zeros that say nothing: 2.1, 12, 0.05. */
export function short(value: number): string {
  const text = number(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A count, to the last digit: 1,234,567. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share of 1 as a percentage: 0.0012 is "0.12 %". */
export function percent(share: number): string {
  return `${short(share * 100)} %`;
}

/** A knob's value, to the last digit: 60k, 1024. */
export function knobValue(value: number): string {
  return value >= 10_000 && value % 1000 === 0 ? `${value / 1000}k` : String(value);
}

/** For an axis: 120k, 1.5M, 0.5. */
export function tick(value: number): string {
  if (Math.abs(value) >= 1e6) return `${short(value / 1e6)}M`;
  return Math.abs(value) >= 1e3 ? `${short(value / 1e3)}k` : short(value);
}

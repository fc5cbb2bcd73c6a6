/** Bins of the histogram in each doubling of bytes. */
export const BINS = 8;
/** The kernel's deviation, in bins: half a doubling. */
const KERNEL = BINS / 2;
const MOST_RANGES = 7;

/**
 * Where sizes fall apart: the bins at which ranges end (exclusive), from a histogram over `log2(bytes) * BINS`. A range ends in a valley of the
 * smoothed density (Gaussian kernel, half a doubling wide) that is lower than half of the lower of the peaks beside it. Rare sizes count
 * too, so the density is of the logarithm of the frequencies. Of more than seven ranges those with the shallowest valley between them are one.
 */
export function cutsOf(histogram: ReadonlyMap<number, number>): number[] {
  const bins = [...histogram.keys()].sort((one, other) => one - other);
  const [first = 0, last = 0] = [bins[0], bins.at(-1)];
  const density = Array.from({ length: last - first + 1 }, (_, at) => {
    let sum = 0;
    for (let bin = at - 3 * KERNEL; bin <= at + 3 * KERNEL; bin++) {
      sum += Math.log1p(histogram.get(first + bin) ?? 0) * Math.exp(-(((bin - at) / KERNEL) ** 2) / 2);
    }
    return sum;
  });
  const ranges = hills(density);
  for (;;) {
    let shallowest = -1;
    let most = -1;
    for (let index = 0; index + 1 < ranges.length; index++) {
      const [one, other] = [ranges[index] as Hill, ranges[index + 1] as Hill];
      const depth = one.valley / Math.min(one.peak, other.peak);
      if (depth > most) [most, shallowest] = [depth, index];
    }
    if (shallowest === -1 || (most < 0.5 && ranges.length <= MOST_RANGES)) break;
    const [one, other] = ranges.splice(shallowest, 2) as [Hill, Hill];
    ranges.splice(shallowest, 0, { ...other, peak: Math.max(one.peak, other.peak) });
  }
  return ranges.slice(0, -1).map(({ end }) => first + end);
}

interface Hill {
  peak: number;
  /** The bin with the lowest density behind the peak, and that density. */
  readonly end: number;
  readonly valley: number;
}

function hills(density: readonly number[]): Hill[] {
  const found: Hill[] = [];
  let peak = 0;
  let valley = 0;
  let [rises, end] = [true, 0];
  density.forEach((value, bin) => {
    if (rises) {
      if (value >= peak) peak = value;
      else [rises, valley, end] = [false, value, bin];
    } else if (value < valley) [valley, end] = [value, bin];
    else if (value > valley) {
      found.push({ peak, end, valley });
      [rises, peak] = [true, value];
    }
  });
  return [...found, { peak, end: density.length, valley: 0 }];
}

import { type I32, i32, i64, type Local, select } from '../../wasm/code.ts';
import type { ExpressionWriter } from '../value.ts';

/** A date of the proleptic Gregorian calendar, in locals. */
export interface CivilDate {
  readonly year: I32;
  /** 1..12 */
  readonly month: I32;
  /** 1..31 */
  readonly day: I32;
}

/** Days from the start of the era that the fast way counts from to 1970-01-01: it begins at the year -32,800. */
const eraDays = 12_699_422;
/** The last day that the fast way can do, of the year 2.9 million. */
const lastDay = 1_061_042_401;

/**
 * The date of a day since 1970, without a call but for days far away.
 * Source: Neri and Schneider 2022, "Euclidean affine functions and their application to calendar algorithms"; as
 * `civilFromDays` in `kernels/calendar.ts`.
 */
export function writeCivilDate(w: ExpressionWriter, days: Local<'i32'>): CivilDate {
  const { f } = w;
  const year = f.local('i32', i32.const(0));
  const month = f.local('i32', i32.const(0));
  const day = f.local('i32', i32.const(0));
  const shifted = f.local('i32', i32.add(days, i32.const(eraDays)));
  f.if(
    i32.leU(shifted, i32.const(lastDay + eraDays)),
    () => {
      const ofEras = f.local('i32', i32.add(i32.shl(shifted, i32.const(2)), i32.const(3)));
      const century = f.local('i32', i32.divU(ofEras, i32.const(146_097)));
      const left = i32.sub(ofEras, i32.mul(century, i32.const(146_097)));
      const ofCentury = i64.extendI32U(i32.or(left, i32.const(3)));
      const product = f.local('i64', i64.mul(ofCentury, i64.const(2_939_745n)));
      const ofYear = f.local('i32', i32.divU(i32.wrapI64(product), i32.const(2_939_745 * 4)));
      const runsOn = f.local('i32', i32.geU(ofYear, i32.const(306)));
      const shiftedMonth = f.local('i32', i32.add(i32.mul(ofYear, i32.const(2141)), i32.const(197_913)));
      const yearOfCentury = i32.wrapI64(i64.shrU(product, i64.const(32n)));
      const whole = i32.add(i32.mul(century, i32.const(100)), yearOfCentury);
      f.set(year, i32.add(i32.sub(whole, i32.const(32_800)), runsOn));
      const monthOfMarch = i32.shrU(shiftedMonth, i32.const(16));
      f.set(month, i32.sub(monthOfMarch, select(runsOn, i32.const(12), i32.const(0))));
      const rest = i32.and(shiftedMonth, i32.const(0xffff));
      f.set(day, i32.add(i32.divU(rest, i32.const(2141)), i32.const(1)));
    },
    () => {
      const civil = f.local('i64', w.kernel('civilFromDays', 'i64', days));
      f.set(year, i32.wrapI64(i64.shrS(civil, i64.const(16n))));
      f.set(month, i32.and(i32.wrapI64(i64.shrU(civil, i64.const(8n))), i32.const(0xff)));
      f.set(day, i32.and(i32.wrapI64(civil), i32.const(0xff)));
    },
  );
  return { year, month, day };
}

import type { SheetToDestroy } from '../../shared/model/ceremony.ts'
import type { SheetFile, SheetMedia } from './ceremony-media.ts'
import { sheetOf, type Holder } from './ceremony-state.ts'

/** A page as PDF is taken away as soon as it is of no use; where that is not possible, a person has to. */
export const pageLeft = async (
  media: Pick<SheetMedia, 'destroy'>,
  holder: Holder,
): Promise<SheetToDestroy[]> => {
  const { sheet, medium } = holder
  const gone = medium === 'paper' && sheet !== null && (await media.destroy(sheet))
  return gone ? [] : [sheetOf(holder)]
}

export const olderSheets = async (
  media: Pick<SheetMedia, 'destroy'>,
  holder: Holder,
): Promise<SheetToDestroy[]> => [
  ...(await pageLeft(media, holder)),
  ...(holder.medium === 'paper' ? [{ ...sheetOf(holder), where: null }] : []),
]

/** From before a sheet is written until its folder was looked at, a half-written copy of it may lie there. */
export const halfMayStay = (holder: Holder, sheet: SheetFile, where: string): void => {
  if (!holder.halves.some((one) => one.where === where)) holder.halves.push({ sheet, where })
}

/** What can’t be taken away now, such as on a medium that is not there, stays named and is tried again. */
export const sweepHalves = async (media: Pick<SheetMedia, 'sweep'>, holder: Holder): Promise<void> => {
  const left: Holder['halves'] = []
  for (const half of holder.halves) if (!(await media.sweep(half.sheet))) left.push(half)
  holder.halves = left
}

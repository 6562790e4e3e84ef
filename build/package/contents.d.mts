export const packagedEntries: string[]
export const nativeFiles: string[]
export function reachedFrom(folder: string, entries: readonly string[]): string[]
export function stageContents(places: {
  root: string
  out: string
  stage: string
  entries?: readonly string[]
}): string[]
export function forbidden(path: string): boolean
export function filesIn(folder: string): string[]

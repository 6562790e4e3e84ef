import type { PackageReport } from './verify.mjs'

export function pack(places: {
  root: string
  out: string
  output: string
  electron: string | null
  entries?: readonly string[]
}): Promise<PackageReport & { folder: string; files: string[]; stubbed: boolean; electronVersion: string }>

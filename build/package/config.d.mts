import type { FuseV1Options } from '@electron/fuses'

export const wantedFuses: readonly { builder: string | null; fuse: FuseV1Options; on: boolean }[]
export function builderConfig(places: {
  stage: string
  output: string
  electronDist: string
  electronVersion: string
}): Record<string, unknown> & { electronFuses: Record<string, boolean> }

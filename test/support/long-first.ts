import { BaseSequencer, type TestSequencerConstructor } from 'vitest/node'

/**
 * Two workers end together only if the long files begin first, and a fresh clone has no durations to go by. `longest`:
 * ends of paths, the longest file first; every other file follows in the order that Vitest gives. A name that is no
 * file any more does no harm: this is order only.
 */
export const longFirst = (longest: readonly string[]): TestSequencerConstructor =>
  class extends BaseSequencer {
    override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
      const place = (path: string): number => {
        const found = longest.findIndex((end) => path.endsWith(end))
        return found === -1 ? longest.length : found
      }
      const sorted = await super.sort(files)
      return sorted.toSorted((one, other) => place(one.moduleId) - place(other.moduleId))
    }
  }

import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { JsonFile } from '../../profile/json-file.ts'
import { settingsSchema, type Settings } from '../../profile/settings.ts'
import type { Record } from '../../record/record.ts'
import type { Handlers } from '../router.ts'

export interface SettingsParts {
  settings: JsonFile<Settings>
  record: Record
  dataFolder: string
  /** The next lock is counted anew. */
  autoLockChanged(): void
}

export const settingsHandlers = ({ settings, record, dataFolder, autoLockChanged }: SettingsParts) =>
  ({
    'settings.read': async () => ({
      proxy: settings.content.proxy,
      corporateCa: settings.content.corporateCa,
      dataFolder,
    }),
    'settings.setAutoLock': async ({ minutes }) => {
      const before = settings.content.autoLockMinutes
      await settings.update((content) => ({ ...content, autoLockMinutes: minutes }))
      record.append({
        kind: 'settings-changed',
        body: { changed: [{ setting: 'minutes until it locks', from: `${before}`, to: `${minutes}` }] },
        outcome: 'done',
      })
      autoLockChanged()
      return { done: true }
    },
    'settings.save': async ({ proxy, corporateCa }) => {
      const before = settings.content
      const checked = settingsSchema.safeParse({
        ...before,
        proxy: proxy.trim(),
        corporateCa: corporateCa.trim(),
      })
      if (!checked.success) {
        const fields = checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
        throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
      }
      await settings.update(() => checked.data)
      record.append({
        kind: 'settings-changed',
        body: {
          changed: [
            { setting: 'proxy', from: before.proxy, to: checked.data.proxy },
            {
              setting: 'corporate CA',
              from: sizeOf(before.corporateCa),
              to: sizeOf(checked.data.corporateCa),
            },
          ].filter(({ from, to }) => from !== to),
        },
        outcome: 'done',
      })
      return { done: true }
    },
  }) satisfies Partial<Handlers>

const sizeOf = (pem: string): string => (pem === '' ? 'none' : `${pem.length} characters of PEM`)

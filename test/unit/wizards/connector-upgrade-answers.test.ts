import { describe, expect, it } from 'vitest'
import { connectorUpgradeScreenProblems } from '../../../shared/forms/connector-upgrade.ts'
import type { Answers } from '../../../shared/forms/form.ts'

describe('bad answers', () => {
  it.each([
    ['connector', { setup: '' }, 'setup'],
    ['connector', { setup: 'D:\\Setup\\x.exe' }, 'setup'],
    ['connector', { setup: 'setup.msi' }, 'setup'],
    ['connector', { setup: `D:\\${'x'.repeat(260)}.msi` }, 'setup'],
    ['connector', { setup: 'D:\\a"b.msi' }, 'setup'],
    ['connector', { version: '15.0.2000' }, 'version'],
    ['connector', { version: '15.0.2000.440; DROP' }, 'version'],
    ['connector', { productCode: '0D6B4E3A' }, 'productCode'],
    ['connector', { mode: 'loud' }, 'mode'],
    ['backups', { backupFolder: '..\\x' }, 'backupFolder'],
    ['backups', { mostHours: 0 }, 'mostHours'],
    ['backups', { mostHours: 1.5 }, 'mostHours'],
    ['backups', { mostHours: 169 }, 'mostHours'],
    ['server', { target: '' }, 'target'],
  ] as const)('%s %o: names %s and the fix', async (screen, changes, field) => {
    const good: Answers = {
      target: 't-one',
      setup: 'D:\\Setup\\c.msi',
      version: '15.0.2000.440',
      backupFolder: 'D:\\Backup',
    }
    expect(connectorUpgradeScreenProblems(screen, good)).toEqual([])
    const problems = connectorUpgradeScreenProblems(screen, { ...good, ...changes })
    expect(problems.map((one) => one.field)).toEqual([field])
    expect(problems[0]?.message).toMatch(/(Enter|Choose|Copy|Begin)/)
  })
})

import { describe, expect, it } from 'vitest'
import { helpFor } from '../../../shared/model/connector-help.ts'

/** `sqlserver.md` 3.2: every number of the connector that documentation names. */
const documented = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 401, 404, 2049, 2050, 2051, 2052, 2053, 2058],
  ...between(3002, 3019),
  ...between(3100, 3122),
  ...[3076, 3077],
  ...between(3200, 3208),
  ...between(3300, 3308),
  ...between(3400, 3412),
  ...between(3500, 3506),
  ...between(3600, 3609),
  ...between(3700, 3709),
  ...between(3800, 3822),
  ...[3900, 4000],
]
function between(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

describe('what a code says', () => {
  it('every documented number but 0 has a meaning, a cause, a test and a fix', () => {
    for (const code of documented.filter((one) => one !== 0)) {
      const { answers } = helpFor(`Provider error code: ${code}. (x)`)
      expect(answers, String(code)).toHaveLength(1)
      const [answer] = answers
      expect(answer, String(code)).toMatchObject({ of: 'connector', number: code })
      expect(answer?.says, String(code)).not.toContain('not on')
      for (const text of [answer?.byHand, answer?.fix, answer?.causes[0]])
        expect(text, String(code)).toMatch(/\w{3}/)
      expect(`${answer?.fix}${answer?.causes.join('')}`).not.toContain('«')
    }
  })

  it('0 is success: there is nothing to mend', () => {
    expect(helpFor('0')).toEqual({
      answers: [],
      note: 'The connector’s 0 is success: nothing is to be mended',
    })
  })

  it('33049 with 2058 is explained by 2058, and 33049 alone asks for the rest', () => {
    const { answers, note } = helpFor(
      "Msg 33049, Level 16, State 2\nKey with name 'tde' does not exist in the provider or access is denied. Provider error code: 2058.  (Provider Error - No explanation is available, consult EKM Provider for details)",
    )
    expect(answers.map(({ number, of, job }) => [number, of, job])).toEqual([
      [2058, 'connector', 'tde-vault-key'],
    ])
    expect(answers[0]?.byHand).toContain('Full Control')
    expect(note).toContain('SQL 33049 says only')
    expect(helpFor('33049')).toMatchObject({ answers: [] })
    expect(helpFor('33049').note).toContain('Provider error code')
  })

  it('one number of both is told apart by its place', () => {
    expect(helpFor('… Provider error code: 3013. (x)').answers[0]).toMatchObject({
      of: 'connector',
      number: 3013,
    })
    expect(helpFor('Msg 3013, Level 16: BACKUP DATABASE is terminating abnormally.')).toEqual({
      answers: [],
      note: 'SQL 3013 is not about providers and their keys',
    })
    const alone = helpFor('3013')
    expect(alone.answers[0]).toMatchObject({ of: 'connector' })
    expect(alone.note).toContain('“Msg 3013”')
    expect(alone.note).toContain('BACKUP or RESTORE')
  })

  it('numbers of SQL Server about providers and their keys are explained too', () => {
    for (const number of [33027, 33030, 33031, 33046, 33053, 33054, 33081, 33085, 33111, 33121])
      expect(helpFor(String(number)).answers[0], String(number)).toMatchObject({ of: 'server', number })
  })

  it('other texts and numbers get no guess', () => {
    for (const text of ['', '   ', 'no number here', '99999', 'Msg 4060', '12345678'])
      expect(helpFor(text).answers, text).toEqual([])
  })
})

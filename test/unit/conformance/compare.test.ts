import { describe, expect, test } from 'vitest'
import type { Answer, Asker } from '../../../sandbox/conformance/answer.ts'
import { converse } from '../../../sandbox/conformance/conversation.ts'
import { certaintyOf, question, type Question } from '../../../sandbox/conformance/question.ts'

const shapeQuestion: Question = { id: 'views', certainty: 'documented', batch: 'SELECT v', compares: 'shape' }
const rowQuestion: Question = { id: 'values', certainty: 'assumed', batch: 'SELECT r', compares: 'rows' }

const fake = (answers: Record<string, Partial<Answer>>): Asker => ({
  ask: async (batch) => ({ sets: [], messages: [], ...answers[batch] }),
  close: async () => undefined,
})

const set = (columns: Record<string, string>, rows: (string | null)[][] = []) => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  rows,
})
const message = (number: number, severity: number, text: string) => ({ number, severity, text })

const compare = async (asked: Question, real: Partial<Answer>, simulated: Partial<Answer>) =>
  (await converse([asked], fake({ [asked.batch]: real }), fake({ [asked.batch]: simulated }))).differences

describe('two servers that differ', () => {
  test('in nothing have no differences', async () => {
    const answer = { sets: [set({ a: 'int' }, [['1']])], messages: [message(208, 16, 'Invalid')] }
    expect(await compare(rowQuestion, answer, structuredClone(answer))).toEqual([])
  })

  test('in a type and in columns: each is named, with what both say', async () => {
    const real = { sets: [set({ name: 'nvarchar(128)', key_length: 'int', added_2025: 'bit' })] }
    const simulated = { sets: [set({ name: 'nvarchar(256)', key_length: 'int', invented: 'bit' })] }
    expect(await compare(shapeQuestion, real, simulated)).toEqual([
      expect.objectContaining({ what: 'columns that are not simulated', real: 'added_2025' }),
      expect.objectContaining({ what: 'column name', real: 'nvarchar(128)', simulated: 'nvarchar(256)' }),
      expect.objectContaining({ what: 'column invented', real: 'nothing', simulated: 'bit' }),
    ])
  })

  test('only in the order of columns agree: they are read by name', async () => {
    const real = { sets: [set({ a: 'int', b: 'bit' })] }
    expect(await compare(shapeQuestion, real, { sets: [set({ b: 'bit', a: 'int' })] })).toEqual([])
  })

  test.each([
    ['number', message(15208, 16, 'Not there.')],
    ['severity', message(15151, 10, 'Not there.')],
    ['text', message(15151, 16, 'Not there')],
  ])('in the %s of a message', async (_what, other) => {
    const [found, ...more] = await compare(
      shapeQuestion,
      { messages: [message(15151, 16, 'Not there.')] },
      { messages: [other] },
    )
    expect(more).toEqual([])
    expect(found).toMatchObject({
      question: 'views',
      certainty: 'documented',
      what: 'message',
      real: '15151, level 16: Not there.',
      simulated: `${other.number}, level ${other.severity}: ${other.text}`,
    })
  })

  test('in a message that only one sends', async () => {
    const both = message(3201, 16, 'Cannot open.')
    const last = message(3013, 16, 'Terminating.')
    expect(await compare(shapeQuestion, { messages: [both, last] }, { messages: [both] })).toEqual([
      expect.objectContaining({ real: '3013, level 16: Terminating.', simulated: 'nothing' }),
    ])
  })

  test('in values: found where values are asked for, and only there', async () => {
    const real = { sets: [set({ a: 'int' }, [['1'], [null]])] }
    const simulated = { sets: [set({ a: 'int' }, [['1'], ['0']])] }
    expect(await compare(rowQuestion, real, simulated)).toEqual([
      expect.objectContaining({ what: 'row', real: 'NULL', simulated: '0', certainty: 'assumed' }),
    ])
    expect(await compare(shapeQuestion, real, simulated)).toEqual([])
  })

  test('in how many results they send', async () => {
    const one = set({ a: 'int' })
    expect(await compare(shapeQuestion, { sets: [one, one] }, { sets: [one] })).toEqual([
      expect.objectContaining({ what: 'number of result sets', real: '2', simulated: '1' }),
    ])
  })

  test('because one is not simulated: said once, not as many differences', async () => {
    const real = { sets: [set({ a: 'int' })], messages: [message(0, 0, 'fine')] }
    const refusal = { messages: [message(50000, 16, 'not simulated: OPENROWSET')] }
    expect(await compare(shapeQuestion, real, refusal)).toEqual([
      expect.objectContaining({ what: 'not simulated', simulated: 'not simulated: OPENROWSET' }),
    ])
  })
})

describe('questions', () => {
  test('carry the tag of the simulator’s own table', () => {
    expect(question('dmk.create-twice', 'CREATE MASTER KEY;')).toMatchObject({ certainty: 'documented' })
    expect(certaintyOf('dmk.open-wrong-password')).toBe('assumed')
    expect(() => certaintyOf('no.such')).toThrow('no behaviour no.such')
  })

  test('are counted, and those that the simulator can’t answer are named', async () => {
    const refusing = fake({ 'SELECT v': { messages: [message(50000, 16, 'not simulated: x')] } })
    expect(await converse([shapeQuestion, rowQuestion], refusing, refusing)).toEqual({
      asked: 2,
      differences: [],
      notSimulated: ['views'],
    })
  })
})

import { expect, it } from 'vitest'
import { eachAtOnce } from '../../../electron/platform/at-once.ts'

it('has never more at work than the limit, and does all', async () => {
  let atWork = 0
  let most = 0
  const done: number[] = []
  await eachAtOnce([...Array(20).keys()], 3, async (item) => {
    atWork += 1
    most = Math.max(most, atWork)
    await Promise.resolve()
    await Promise.resolve()
    atWork -= 1
    done.push(item)
  })
  expect(most).toBe(3)
  expect(done.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()])
})

it('begins nothing after a failure, waits for what had begun, and throws the first', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const work = eachAtOnce([...Array(10).keys()], 2, async (item) => {
    begun.push(item)
    await Promise.resolve()
    if (item === 1) throw new Error('one')
    for (let pause = 0; pause < 5; pause += 1) await Promise.resolve()
    ended.push(item)
  })
  await expect(work).rejects.toThrow('one')
  expect(ended).toEqual(begun.filter((item) => item !== 1))
  expect(begun.length).toBeLessThan(10)
})

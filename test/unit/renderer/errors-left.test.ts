import { describe, expect, it } from 'vitest'
import { errorsLeft } from '../../../renderer/wizard/use-answering.ts'

const secret = { field: 'password', message: '2 rules are not met' }
const name = { field: 'name', message: 'The name is empty' }
const missing = { field: 'password', message: 'The password is missing' }
const yes = (): boolean => true
const no = (): boolean => false

describe('errors after an answer changed', () => {
  it('a refused secret keeps its own words while it is not replaced', () => {
    expect(errorsLeft([secret], [missing], yes, yes)).toEqual([secret])
  })

  it('a failed check of the target stays although the answers alone are complete', () => {
    expect(errorsLeft([secret], [], yes, yes)).toEqual([secret])
  })

  it('what was changed and holds now is gone; what does not hold has the newer words', () => {
    expect(errorsLeft([name], [], no, yes)).toEqual([])
    expect(errorsLeft([secret], [missing], no, yes)).toEqual([missing])
  })

  it('a field that left the screen takes its error along', () => {
    expect(errorsLeft([name, secret], [name], yes, (field) => field === 'password')).toEqual([secret])
  })

  it('nothing new appears', () => {
    expect(errorsLeft([name], [name, missing], no, yes)).toEqual([name])
  })
})

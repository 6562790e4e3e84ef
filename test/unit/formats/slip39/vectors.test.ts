import { expect, test } from 'vitest'
import { SecretBytes } from '../../../../electron/platform/secret-bytes.ts'
import { joinWith } from '../../../../electron/formats/slip39/join.ts'
import { problemFrom } from '../../../support/shares.ts'
import { vectorPassphrase, vectors } from './vectors.ts'

const join = (shares: readonly string[]): string =>
  joinWith(
    shares.map((words) => SecretBytes.fromText(words)),
    Buffer.from(vectorPassphrase),
  ).use((bytes) => bytes.toString('hex'))

test('there are 45 official vectors', () => {
  expect(vectors).toHaveLength(45)
})

test.each(vectors.filter(({ secret }) => secret !== null))('$what: joins to the secret', ({ shares, secret }) => {
  expect(join(shares)).toBe(secret)
})

const refusals = Object.fromEntries(vectors.filter(({secret})=>secret===null).map(({what,shares})=>{const p=problemFrom(()=>join(shares));return [what,p.code+' '+p.title]}))
console.log(JSON.stringify(refusals,null,1))

import type { NewItem } from '../../electron/escrow/package/write.ts'
import { aesTokenKey, rsaTokenKey, wrappedItem, type TestGroup, type TestToken } from './escrow-package.ts'

/** As SoftHSM wraps it: filled up with zero bytes to whole blocks of 8. */
export const zerosOf = ({ key }: TestToken): number => (8 - (key.length % 8)) % 8

/** With an id and a label of its own. */
export const named = (token: TestToken, keyId: string): TestToken => {
  const { hsm } = token.facts
  if (hsm === null) throw new Error('no key of a token')
  return { ...token, facts: { ...token.facts, hsm: { ...hsm, keyId, label: `key-${keyId}` } } }
}

export const openersOf = ({ group }: Pick<TestGroup, 'group'>) => ({ group, recipients: [] })

/** An RSA key and an AES key, both of a SoftHSM token that is gone. */
export const twoTokenKeys = (
  group: Pick<TestGroup, 'group'>,
): { rsa: TestToken; aes: TestToken; items: NewItem[] } => {
  const [rsa, aes] = [named(rsaTokenKey(), '0a01'), named(aesTokenKey(), '0a02')]
  const openers = openersOf(group)
  return { rsa, aes, items: [wrappedItem(rsa, openers, zerosOf(rsa)), wrappedItem(aes, openers)] }
}

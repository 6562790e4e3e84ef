import { dirname, posix, relative, sep } from 'node:path'
import { root } from '../node24.mjs'
import { whyNot } from './house.mjs'

/** Reports every import that the house does not allow. */
const direction = {
  meta: { type: 'problem', schema: [], messages: { no: '{{why}}' } },
  create: (context) => {
    const from = relative(root, context.filename).split(sep).join('/')
    const check = (node, name) => {
      if (typeof name !== 'string') return
      const target = name.startsWith('.') ? posix.join(dirname(from), name) : name
      const why = whyNot(from, target)
      if (why) context.report({ node, messageId: 'no', data: { why } })
    }
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
    }
  },
}

/** Algorithms that Node has and Electron's BoringSSL has not (DESIGN section 5). */
const missingInElectron =
  /^(rc4|.*chacha20.*|.*-ccm|.*-ocb|id-aes.*wrap.*|aes.*-wrap.*|bf-.*|cast.*|des-ede3-cfb.*)$/i

const cryptography = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { no: '{{name}} is not in Electron’s BoringSSL; use @noble or own code' },
  },
  create: (context) => ({
    CallExpression: (node) => {
      const callee = node.callee.type === 'MemberExpression' ? node.callee.property.name : node.callee.name
      if (!/^(createCipheriv|createDecipheriv|getCipherInfo|argon2|argon2Sync)$/.test(callee ?? '')) return
      const first = node.arguments[0]
      const name = callee.startsWith('argon2') ? callee : first?.type === 'Literal' ? String(first.value) : ''
      if (callee.startsWith('argon2') || missingInElectron.test(name)) {
        context.report({ node, messageId: 'no', data: { name } })
      }
    },
  }),
}

export default { rules: { direction, cryptography } }

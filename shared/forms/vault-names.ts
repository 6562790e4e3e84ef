/** Rules for what a person types about a vault and who uses it. Each gives a sentence that says what to change, or null. */

export const longestApplicationName = 120

export const applicationNameProblem = (text: string): string | null => {
  if (text === '')
    return `The name of the application is empty. Enter 1 to ${longestApplicationName} characters`
  if (text.length > longestApplicationName) {
    return `The name of the application has ${text.length} characters; Entra takes ${longestApplicationName}. Shorten it`
  }
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    return 'The name of the application holds a control character. Remove it'
  }
  return /[<>"'&%$;\\\u202a-\u202e\u2066-\u2069]/.test(text)
    ? 'The name of the application holds one of < > " \' & % $ ; \\ or an invisible mark. Take it out'
    : null
}

const part = '[A-Za-z0-9][A-Za-z0-9_.()-]{0,89}'
const subscription = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** Azure's id of a resource of one kind, as its page "JSON view" shows it. */
export const resourceIdProblem = (text: string, type: string, what: string): string | null => {
  if (text === '') return `The resource id of the ${what} is empty. Copy it from its page in the portal`
  const whole = new RegExp(
    `^/subscriptions/${subscription}/resourceGroups/${part}/providers/${type.replaceAll('.', '\\.')}/${part}$`,
    'i',
  )
  return whole.test(text)
    ? null
    : `This is not the resource id of a ${what}. It begins with /subscriptions/ and holds ${type}. Copy it again`
}

/** The line itself where it names a subnet, else null. */
export const subnetOf = (line: string): string | null => (line.startsWith('/') ? line : null)

const subnetProblem = (line: string): string | null =>
  new RegExp(
    `^/subscriptions/${subscription}/resourceGroups/${part}/providers/Microsoft\\.Network/virtualNetworks/${part}/subnets/${part}$`,
    'i',
  ).test(line)
    ? null
    : `${shortened(line)} is not the resource id of a subnet. Copy it again`

const addressProblem = (line: string): string | null => {
  const [address = '', bits, ...more] = line.split('/')
  const numbers = address.split('.')
  const fits =
    more.length === 0 &&
    numbers.length === 4 &&
    numbers.every((number) => /^(0|[1-9]\d{0,2})$/.test(number) && Number(number) <= 255) &&
    (bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= 32))
  if (!fits) {
    return `${shortened(line)} is neither an IPv4 address nor a range such as 203.0.113.0/24. Change that line`
  }
  return isPrivate(numbers.map(Number))
    ? `${shortened(line)} is an address of a private network, which a vault never sees. Enter the public one`
    : null
}

const isPrivate = ([first = 0, second = 0]: readonly number[]): boolean =>
  first === 10 ||
  first === 127 ||
  (first === 172 && second >= 16 && second <= 31) ||
  (first === 192 && second === 168) ||
  (first === 169 && second === 254)

/** Addresses and subnets, one a line. Azure takes 1,000 and 200 of them. */
export const networkRulesProblem = (text: string): string | null => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0)
    return 'No address is entered. Enter one a line, or choose who reaches the vault again'
  for (const line of lines) {
    const problem = subnetOf(line) === null ? addressProblem(line) : subnetProblem(line)
    if (problem !== null) return problem
  }
  const twice = lines.find((line, index) => lines.indexOf(line) !== index)
  if (twice !== undefined) return `${shortened(twice)} is entered twice. Take one out`
  const subnets = lines.filter((line) => subnetOf(line) !== null).length
  if (subnets > 200) return `${subnets} subnets are entered; Azure takes 200. Take some out`
  return lines.length - subnets > 1_000
    ? `${lines.length - subnets} addresses are entered; Azure takes 1,000. Take some out`
    : null
}

const shortened = (line: string): string => [...line.replace(/\p{Cc}/gu, ' ')].slice(0, 60).join('')

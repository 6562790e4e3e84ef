export function whyNot(from: string, target: string): string | null

/**
 * Our own small emojivoto: three services and a bot that calls them, made to be looked at through their policies. Each is a
 * function that starts it in this process (for tests) and a process of its own (src/main.ts, for the demo). This package
 * knows nothing of Doorward: the proxies stand in front, and the policies folder tells them how. The demo command and
 * tests call it.
 */
export { formatAddress, parseAddress, SettingError, type Address } from './address.js';
export {
  appNames,
  defaultAddresses,
  environmentOf,
  freeAddresses,
  type AppName,
  type DemoAddresses,
  type DoorName,
  type OutboundName,
} from './demo-addresses.js';
export { startEmoji, type EmojiApp, type EmojiOptions } from './emoji.js';
export { renderPolicies, renderPolicy } from './render-policies.js';
export { startVoteBot, type BotAct, type VoteBotApp, type VoteBotOptions } from './vote-bot.js';
export { startVoting, type VotingApp, type VotingOptions } from './voting.js';
export { startWeb, type WebApp, type WebOptions } from './web.js';

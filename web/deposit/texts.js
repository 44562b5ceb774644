// The texts that scripts of the pages show, in Chinese and English: `[中文, English]`.

import { fill } from '../verify/dom.js';

const TEXTS = {
  // Files.
  bytes: ['{count} 字节', '{count} bytes'],
  hashing: ['正在计算“{name}”的摘要：{percent}%（{done}，共 {size}）', 'Computing the digests of “{name}”: {percent} % ({done} of {size})'],
  cancelled: ['已取消，未得出任何结论。', 'Cancelled. Nothing was concluded.'],
  file_empty: ['文件为空。空文件不能存证。', 'The file is empty. Empty files cannot be deposited.'],
  file_changed: ['文件在读取过程中发生变化，请重新选择。', 'The file changed while it was read. Choose it again.'],
  file_unreadable: ['浏览器无法读取该文件，请重新选择。', 'The browser cannot read the file. Choose it again.'],
  dropped_unreadable: ['浏览器无法读取，未加入：{named}', 'Left out, because the browser cannot read it: {named}'],
  dropped_unreadable_more: ['浏览器无法读取，未加入：{named}，以及另外 {rest} 项', 'Left out, because the browser cannot read it: {named}, and {rest} more'],
  // What went wrong.
  no_answer: ['未能连接平台，请检查网络后重试。', 'The platform did not answer. Check the network and try again.'],
  bad_answer: ['平台的应答无法读取（{status}）。', 'The answer of the platform cannot be read ({status}).'],
  signed_out: ['登录已结束，请重新登录后再试。', 'You are signed out. Sign in and try again.'],
  no_tampering: ['以上情形不表示文件或者存证记录被改动。', 'This does not mean that a file or a record was altered.'],
  not_performed: ['未能完成', 'Not completed'],
  internal: ['本页程序出错：{detail}', 'This page failed: {detail}'],
  // Search by file.
  searching: ['正在查询“{name}”的存证', 'Looking for deposits of “{name}”'],
  not_deposited: ['尚未在本平台存证', 'Not deposited on this platform'],
  searched: [
    '已在账本 {ledger} 截至区块高度 {height} 的存证中，以上列两项摘要查询。',
    'The deposits of the ledger {ledger} up to block {height} were searched by both digests above.',
  ],
  search_limits: [
    '加盐存证和清单存证中的文件不能以文件摘要查得，请以其存证回执核验。',
    'Files of salted deposits and of manifests are not found by their digests: verify them with their receipts.',
  ],
  found_one: ['查得 1 条存证，其所载哈希值与该文件的摘要相同。', 'One deposit states the digests of this file.'],
  found: ['查得 {count} 条存证，其所载哈希值与该文件的摘要相同，最早的在前。', '{count} deposits state the digests of this file, the earliest first.'],
  found_more: ['查得 {count} 条以上的存证，以下为最早的 {count} 条。', 'There are more than {count} deposits; these are the {count} earliest.'],
  all_results: ['查看全部', 'Show all'],
  look_up_notice: ['以上为查询结果，未核验链上记录。请核验。', 'This was looked up; the record was not verified. Verify it.'],
  verify_here: ['核验', 'Verify'],
  verify_number: ['核验存证 {number}', 'Verify deposit {number}'],
  submitted_at: ['交易提交时间', 'Transaction submission time'],
  same_digests: ['相同的摘要', 'Equal digests'],
  and: ['、', ', '],
  signature: ['签名', 'Signature'],
  later: ['后续存证', 'Later deposits'],
  beijing: ['{time}（北京时间）', '{time} Beijing time'],
  // Receipts.
  chosen_receipt: ['存证回执：{name}', 'Receipt: {name}'],
  chosen_file: ['待核验的文件：{name}', 'File to verify: {name}'],
  start_again: ['清除', 'Clear'],
  add_file: ['将待核验的文件也放入上方，即与该回执比对。', 'Drop the file to verify as well, and it is compared with this receipt.'],
  one_receipt: ['一次只能核验一份回执和一个文件。', 'One receipt and one file can be verified at a time.'],
  verifying: ['正在核验', 'Verifying'],
  operator_key: [
    '本次核验使用本平台公布的账本密钥（及见证节点密钥）。不以本平台为准的，请在离线核验页填写另行取得的密钥。',
    'This verification uses the ledger key (and the witnesses\' keys) that this platform publishes. To verify without trusting the platform, enter a key obtained elsewhere on the offline verifier page.',
  ],
  keys_used: ['所用的密钥', 'Keys used'],
  operator_authorities: [
    '回执中的可信时间戳，以本平台选定的时间戳机构核验，并非由核验人选定。不以本平台的选定为准的，请在离线核验页提供自行选定的时间戳机构的 CA 证书。',
    'The timestamps in the receipt were verified by the timestamp authorities that this platform has chosen, not by a choice of yours. To verify them without trusting the platform, give the CA certificates of authorities that you choose on the offline verifier page.',
  ],
  authorities_used: ['本平台选定的时间戳机构 CA 证书', 'CA certificates of the authorities that this platform has chosen'],
  needs_salt: [
    '该存证的摘要加盐：请在离线核验页填写盐值核验。',
    'The digests of this deposit are salted: enter the salt on the offline verifier page.',
  ],
  bad_salt: ['盐值应为 64 位十六进制。', 'The salt must be 64 hexadecimal digits.'],
  offline_verifier: ['离线核验页', 'offline verifier page'],
  report: ['核验报告', 'Verification report'],
  paths_from_receipt: [
    '以下哈希取自该存证的回执，每一步由本浏览器以 SHA-256 重新计算。',
    'The hashes come from the receipt of this deposit; this browser recomputes each step with SHA-256.',
  ],
  receipt_alone: ['回执核验通过；未提交原文，未核验原文', 'The receipt is valid. No original was given, so none was verified'],
  // Deposits.
  not_deposited_yet: ['尚未存证', 'Not deposited yet'],
  computing: ['正在计算摘要：{percent}%', 'Computing digests: {percent} %'],
  signing: ['正在签名', 'Signing'],
  submitting: ['正在提交', 'Submitting'],
  retrying: ['平台繁忙，{seconds} 秒后重新提交', 'The platform is busy; submitting again in {seconds} s'],
  checking: ['正在核验回执', 'Verifying the receipt'],
  deposited: ['已存证', 'Deposited'],
  failed: ['未存证：{reason}', 'Not deposited: {reason}'],
  unverified: [
    '平台已应答编号 {number}，但其回执未通过本浏览器核验，不计为存证：{reason}',
    'The platform answered number {number}, but this browser could not verify its receipt; it does not count as deposited: {reason}',
  ],
  other_statement: ['回执所载的声明不是所提交的声明', 'the receipt is of another statement than the one submitted'],
  other_account: ['回执未载明为本账号存证', 'the receipt does not name this account'],
  own_statement: ['声明未能正确生成', 'the statement could not be made correctly'],
  name_missing: ['请填写证据名称', 'Enter a name'],
  name_control: ['名称含控制字符，请修改', 'The name has control characters: change it'],
  remove: ['移除', 'Remove'],
  remove_file: ['移除 {file}', 'Remove {file}'],
  too_many_files: ['一次最多 {limit} 个文件，其余 {rest} 个未加入。', 'At most {limit} files at a time; {rest} were left out.'],
  no_files: ['请选择文件', 'Choose files'],
  no_key: ['请先创建密钥，或者选择由平台代为签名', 'Create the key first, or choose the signature of the platform'],
  invalid_empty: ['“{file}”为空，不能存证，请移除', '“{file}” is empty and cannot be deposited: remove it'],
  invalid_named: ['“{file}”：{reason}', '“{file}”: {reason}'],
  more_invalid: ['另有 {rest} 个文件不能存证，见下方各项说明', '{rest} more files cannot be deposited: see each of them below'],
  files_chosen: ['已选择 {count} 个文件，共 {size}，尚未存证。', 'Files chosen: {count}, {size} in all, not deposited yet.'],
  progress_all: ['已完成 {done} 个，共 {all} 个', '{done} of {all} done'],
  finished_one: ['1 个文件已存证，回执已在本浏览器核验。', '1 file is deposited; its receipt was verified in this browser.'],
  finished: ['{good} 个文件已存证，回执均已在本浏览器核验。', '{good} files are deposited; their receipts were verified in this browser.'],
  finished_with_failures: ['{bad} 个文件未存证，见上方各项说明，可重试。', 'Not deposited: {bad}. See each of them above; you can try again.'],
  stopped: ['已停止。尚未提交的文件未存证。', 'Stopped. Files that were not submitted yet are not deposited.'],
  not_kept: [
    '本浏览器未能保存该存证的回执和加盐数据（例如处于无痕模式或者空间不足）。请在关闭本页前下载全部回执，否则证据名称无法再作证明。',
    'This browser could not keep the receipt and the salt of this deposit (private mode, or no space). Download all receipts before you leave this page: without the salt, the name can no longer be proven.',
  ],
  some_not_kept: ['有 {count} 件存证的回执未能保存在本浏览器，请立即下载全部回执。', 'The receipts of {count} deposits are not kept in this browser. Download all receipts now.'],
  warnings: ['名称或者说明中似有个人号码，请核对：{texts}', 'The texts seem to contain personal numbers, please check: {texts}'],
  // Keys in the browser.
  key_unsupported: [
    '本浏览器不支持 Ed25519 签名（须 Chrome 137、Firefox 129、Safari 17 或更高版本，并以 https 打开）。请由平台代为签名。',
    'This browser has no Ed25519 signatures (Chrome 137, Firefox 129, Safari 17 or later, opened by https). Let the platform sign.',
  ],
  key_by_token_only: ['本平台只接受平台代为签名的存证。', 'This platform only accepts deposits that it signs on behalf of accounts.'],
  key_here: ['本浏览器中的密钥 {name}，创建于 {time}。', 'The key {name} in this browser, created {time}.'],
  key_created: ['密钥已创建并保存在本浏览器。', 'The key was created and is kept in this browser.'],
  key_not_stored: ['本浏览器未能保存密钥（例如处于无痕模式）。', 'This browser could not keep the key (private mode, for example).'],
  key_not_enrolled: ['密钥未能登记到本账号，请在“我的账号”中登记后重试。', 'The key could not be enrolled for this account. Enrol it on the account page and try again.'],
  key_consent_missing: ['请先阅读并勾选', 'Read the text and tick the box first'],
  by_platform: ['平台代为签名', 'signed by the platform on behalf of the account'],
  by_own_key: ['存证人自行签名', 'signed by the depositor'],
  // Lists.
  own_unreadable: ['未能读取本浏览器保存的存证记录。', 'The records of deposits in this browser cannot be read.'],
  column_number: ['存证编号', 'Deposit number'],
  column_name: ['证据名称', 'Name of the evidence'],
  column_file: ['文件', 'File'],
  column_size: ['大小（字节）', 'Size (bytes)'],
  column_time: ['交易提交时间（北京时间）', 'Transaction submission time (Beijing)'],
  column_signature: ['签名', 'Signature'],
  list_file: ['存证编号清单', 'deposit-numbers'],
  zip_file: ['存证回执', 'deposit-receipts'],
  collecting: ['正在取回回执：{done} / {all}', 'Fetching receipts: {done} of {all}'],
};

/** 0 for Chinese, 1 for English: the language of the page. */
export const LANGUAGE = document.documentElement.lang === 'en' ? 1 : 0;

/** A text in the language of the page. */
export function say(name, values = {}) {
  return fill(TEXTS[name][LANGUAGE], values);
}

/** A text that the API answers in both languages. */
export function pick(text) {
  return LANGUAGE === 0 ? text.zh : text.en;
}

/** Whether there is a text of this name. */
export function isText(name) {
  return Object.hasOwn(TEXTS, name);
}

/** A number of bytes in a unit that people read. */
export function sizeText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return unit === 0 ? say('bytes', { count: bytes }) : `${size.toFixed(1)} ${units[unit]}`;
}

/** A time of the API, `2026-11-22T09:04:11.123+08:00`, as pages show it. */
export function timeText(time) {
  return say('beijing', { time: time.replace('T', ' ').replace('+08:00', '') });
}

// The page as a function of the model. Nothing is decided here.

import { facts, find, make, setText, show, tick } from './elements.js';
import { moment } from './language.js';
import { grouped } from './money.js';
import { steps } from './payment.js';
import { Shell } from './shell.js';
import { text } from './strings.js';

/** In milliseconds: from then on the time is red. */
const last = 60_000;
/** Seconds left that are read out. */
const announced = [300, 60, 30, 10];
const signs = { THB: '฿', PHP: '₱' };
const kinds = { accepted: 'good', expired: 'bad', cancelled: 'bad', rejected: 'bad', review: 'wait', refunded: 'back' };

export class View {
    #shell;
    #items = new Map();
    #spoken = null;

    constructor(actions) {
        this.#shell = new Shell(text, find('sheet'), actions);
        find('retry').addEventListener('click', () => actions.retry());
        for (const step of steps) {
            const item = make('li');
            item.dataset.step = step;
            item.append(tick(), make('span', 'label'), make('span', 'fine'));
            this.#items.set(step, item);
        }
        find('steps').replaceChildren(...this.#items.values());
    }

    /** `model`: see `page` in pay.js. */
    render(model) {
        const words = this.#shell.translate(model.language);
        const full = { ...model, words, now: Date.now(), amount: shownAmount(model.payment.state) };
        document.documentElement.dataset.ready = String(model.payment.state !== null || model.problem !== null);
        this.#shell.renderConnection(full);
        show(find('state'), model.connection.kind !== 'idle');
        this.#renderBanner(full);
        this.#renderProblem(full);
        const isShown = model.problem === null && model.payment.state !== null;
        show(find('loading'), model.problem === null && model.payment.state === null);
        show(find('sheet'), isShown);
        if (!isShown) return;
        find('sheet').dataset.status = model.payment.state.status;
        find('sheet').dataset.over = String(model.payment.state.status !== 'pending');
        this.#renderAsk(full);
        this.#renderTime(full);
        this.#renderCode(full);
        this.#renderOutcome(full);
        this.#renderSlip(full);
    }

    announce(key, parameters) {
        this.#shell.announce(key, parameters);
    }

    words(language, key, parameters) {
        return text(language, key, parameters);
    }

    // Around the bill

    #renderBanner({ connection, problem, words, now }) {
        const isOffline = ['waiting', 'connecting'].includes(connection.kind) && !navigator.onLine;
        // A first attempt is no trouble yet.
        const isTrouble = connection.kind === 'waiting' || connection.kind === 'stopped' || isOffline;
        show(find('banner'), problem === null && isTrouble);
        if (!isTrouble) return;
        const n = Math.max(1, Math.ceil(((connection.at ?? 0) - now) / 1_000));
        setText(find('banner'), words(isOffline ? 'banner.offline' : `banner.${connection.kind}`, { n }));
    }

    #renderProblem({ problem, words }) {
        show(find('problem'), problem !== null);
        if (problem === null) return;
        setText(find('problem-title'), words(`problem.${problem.key}.title`));
        setText(find('problem-text'), words(`problem.${problem.key}.text`, { detail: problem.detail ?? '' }));
        find('problem').dataset.key = problem.key;
    }

    // The bill

    #renderAsk({ payment, words, amount }) {
        const { state } = payment;
        // What was paid is told by the outcome.
        show(find('ask'), !['accepted', 'refunded'].includes(state.status));
        setText(find('ask-title'), words(state.status === 'pending' ? 'ask.amount' : 'outcome.amount'));
        setText(find('amount'), amount);
        facts(find('ask-facts'), [
            [words('ask.to'), state.payee?.name ?? state.payee?.promptpay], [words('ask.order'), state.order],
            [words('ask.reference'), state.id ?? payment.id],
        ]);
    }

    #renderTime({ payment, connection, language, words, now }) {
        const left = payment.left(now);
        show(find('time'), left !== null);
        if (left === null) return;
        const isUnsure = connection.kind !== 'online';
        const box = find('time');
        box.dataset.state = left === 0 ? 'over' : left <= last ? 'last' : 'running';
        box.dataset.unsure = String(isUnsure);
        setText(find('countdown'), duration(left));
        const note = isUnsure ? words('time.unsure') : left === 0 ? words('time.over')
            : words('time.until', { time: moment(language, payment.state.expiresAt, now) });
        setText(find('time-note'), note);
        const seconds = Math.ceil(left / 1_000);
        const mark = announced.find((each) => seconds <= each && seconds > each - 3);
        if (mark !== undefined && this.#spoken !== mark) {
            this.#spoken = mark;
            this.announce('time.announce', { time: duration(left) });
        }
    }

    #renderCode({ payment, code, words, amount }) {
        const isAsked = payment.state.status === 'pending' && payment.left(Date.now()) !== 0;
        show(find('code'), isAsked);
        if (!isAsked) return;
        const { picture, isAbsent } = code;
        show(find('qr'), picture !== null);
        show(find('save'), picture !== null);
        show(find('code-hint'), !isAbsent);
        show(find('qr-loading'), picture === null);
        setText(find('qr-loading'), words(isAbsent ? 'code.absent' : 'code.loading'));
        if (picture === null) return;
        const image = find('qr');
        image.alt = words('code.alt', { amount });
        if (image.dataset.payload === picture.payload) return;
        image.dataset.payload = picture.payload;
        image.src = picture.svg;
        find('save').href = picture.png;
        find('save').download = `promptpay-${payment.id}.png`;
    }

    // How it ended

    #renderOutcome({ payment, language, words, amount, now }) {
        const { state } = payment;
        const kind = kinds[state.status];
        const box = find('outcome');
        const isNews = box.hidden && kind !== undefined;
        show(box, kind !== undefined);
        if (kind === undefined) return;
        box.dataset.kind = kind;
        // Who has just shown a slip is looking further down.
        if (isNews) box.scrollIntoView({ block: 'center' });
        const time = moment(language, state.changedAt, now);
        setText(find('outcome-title'), words(`outcome.${state.status}.title`));
        setText(find('outcome-text'), this.#ended(state, words, time, amount));
        const isPaid = ['accepted', 'refunded'].includes(state.status);
        facts(find('outcome-facts'), isPaid ? [
            [words('outcome.amount'), amount], [words('ask.to'), state.payee?.name],
            [words('outcome.time'), moment(language, state.acceptedAt, now, true)],
            [words('outcome.reference'), payment.proof?.reference?.transRef], [words('ask.order'), state.order],
            [words('ask.reference'), state.id ?? payment.id],
        ] : []);
    }

    #ended(state, words, time, amount) {
        const { status, evidence } = state;
        if (status === 'review') {
            return words(`outcome.review.${state.review?.reason}`) ?? words('outcome.review.other');
        }
        if (status === 'refunded') {
            const isWhole = state.refunded === state.amount;
            const refunded = withSign(state.refunded, state.currency);
            return words(isWhole ? 'outcome.refunded.text' : 'outcome.refunded.part', { refunded, amount, time });
        }
        if (status === 'rejected' && evidence?.kind === 'charge') {
            return words('outcome.rejected.charge', { code: evidence.charge?.code ?? evidence.charge?.state });
        }
        if (status === 'rejected' && evidence?.kind === 'balance') return words('outcome.rejected.balance');
        return words(`outcome.${status}.text`, { time });
    }

    // The slip

    #renderSlip(model) {
        const { payment, sender, words } = model;
        const isDone = payment.state.status === 'accepted' && payment.progress !== null;
        show(find('slip'), payment.isOpen || isDone);
        if (!payment.isOpen && !isDone) return;
        const isUnderWay = payment.state.slip !== undefined || sender.isBusy;
        this.#renderVerdict(model, isUnderWay);
        this.#renderSteps(model, isUnderWay, isDone);
        show(find('preview'), find('preview').width > 1 && (isUnderWay || isDone || payment.refusal !== null));
        show(find('drop'), payment.isOpen && !isUnderWay);
        const key = payment.state.status !== 'pending' ? 'slip.late' : payment.refusal ? 'slip.again' : 'slip.drop';
        setText(find('drop-text'), words(key));
    }

    #renderVerdict({ payment, sender, words, amount }, isUnderWay) {
        const failure = sender.state?.kind === 'failed' ? sender.state : null;
        const refusal = failure || isUnderWay ? null : payment.refusal;
        show(find('verdict'), failure !== null || refusal !== null);
        // The server holds pictures in memory: one that was being read when it was restarted is gone.
        show(find('retry'), failure?.mayRetry === true || refusal?.code === 'SLIP_INVALID' && sender.hasPicture);
        find('verdict').dataset.code = refusal?.code ?? failure?.key ?? '';
        if (failure) {
            setText(find('verdict-title'), words('upload.title'));
            setText(find('verdict-text'), words(failure.key) ?? words('fault.other', { detail: failure.detail }));
        } else if (refusal) {
            const payee = payment.state.payee?.name ?? payment.state.payee?.promptpay ?? '';
            const parameters = { amount, payee, code: refusal.code };
            const of = (part) => words(`verdict.${refusal.code}.${part}`, parameters) ?? words(`verdict.other.${part}`, parameters);
            setText(find('verdict-title'), of('title'));
            setText(find('verdict-text'), of('text'));
        }
    }

    #renderSteps({ payment, sender, words, now }, isUnderWay, isDone) {
        show(find('steps'), isUnderWay || isDone);
        if (!isUnderWay && !isDone) return;
        const reached = payment.state.slip || isDone ? steps.indexOf(payment.progress?.step) : -1;
        const wait = payment.state.slip?.wait;
        steps.forEach((step, index) => {
            const item = this.#items.get(step);
            // While the picture is on its way, the first line says so.
            const isSending = index === 0 && reached < 0;
            const isPast = index < reached || step === 'done' && index === reached || index === 0 && reached === 0;
            const isNow = isSending || index === Math.max(reached, 1) && reached >= 0 && !isPast;
            const isWaiting = isNow && (isSending ? sender.state?.kind === 'waiting' : wait !== undefined);
            item.dataset.state = isPast ? 'past' : isWaiting ? 'wait' : isNow ? 'now' : 'next';
            if (isNow) item.setAttribute('aria-current', 'step');
            else item.removeAttribute('aria-current');
            const sending = { preparing: 'step.preparing', waiting: 'step.waiting' }[sender.state?.kind] ?? 'step.uploading';
            setText(item.querySelector('.label'), words(isSending ? sending : `step.${step}`));
            const note = item.querySelector('.fine');
            show(note, isWaiting && !isSending);
            if (isWaiting && !isSending) setText(note, waiting(wait, words, now + payment.ahead));
        });
    }
}

function waiting(wait, words, now) {
    const reason = words(`wait.${wait.reason}`) ?? words('wait.other');
    const left = Date.parse(wait.until) - now;
    return left > 0 ? words('wait.until', { reason, time: duration(left) }) : words('wait.soon', { reason });
}

function shownAmount(state) {
    return state === null ? '' : withSign(state.amount, state.currency);
}

function withSign(amount, currency) {
    const sign = signs[currency];
    return sign ? `${sign}${grouped(amount)}` : `${grouped(amount)} ${currency ?? ''}`.trim();
}

/** `4:05`, `1:02:05`, seconds rounded up: it says 0:00 only when it is over. */
function duration(milliseconds) {
    const seconds = Math.ceil(milliseconds / 1_000);
    const two = (count) => String(count).padStart(2, '0');
    const hours = Math.floor(seconds / 3_600);
    const minutes = Math.floor(seconds / 60) % 60;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

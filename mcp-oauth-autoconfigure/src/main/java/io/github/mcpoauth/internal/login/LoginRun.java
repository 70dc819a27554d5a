// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.work.SharedWork;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import org.springframework.core.log.LogMessage;

/**
 * One login from its first caller to its end. It ends once: with a stored grant, or with
 * nothing changed.
 * <p>
 * Its phases follow each other in the order of {@link Phase}. Two futures tell of them:
 * {@code begun} when the user can be asked, {@code ended} when the grant is stored or the
 * login has failed, and all that the login held is released.
 */
public final class LoginRun {

	/**
	 * Discovery and registration may ask several servers, one after the other.
	 */
	private static final Duration LONGEST_BEGINNING = Duration.ofMinutes(3);

	private static final Log logger = LogFactory.getLog(LoginRun.class);

	private final String id;

	private final Subject subject;

	private final WorkThreads threads;

	private final Lifecycle lifecycle;

	private final SharedWork<LoginPrompt> beginning;

	private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.BEGINNING);

	private final AtomicBoolean started = new AtomicBoolean();

	private final CompletableFuture<LoginRun> begun = new CompletableFuture<>();

	private final CompletableFuture<Grant> ended = new CompletableFuture<>();

	private final Disposable.Swap work = Disposables.swap();

	// Written by the thread that begins, read by callers that ask for the address
	private volatile @Nullable LoginPrompt prompt;

	// Written before the user can be asked, read by the threads that end the login
	private volatile SharedLogin shared = SharedLogin.none();

	/**
	 * Create a login that has not started.
	 * @param id its id
	 * @param subject the grant it is for
	 * @param threads the threads it runs on
	 * @param lifecycle is told of its begin and end
	 */
	LoginRun(String id, Subject subject, WorkThreads threads, Lifecycle lifecycle) {
		this.id = id;
		this.subject = subject;
		this.threads = threads;
		this.lifecycle = lifecycle;
		this.beginning = new SharedWork<>("The beginning of the login to MCP server '%s'".formatted(subject.key()),
				LONGEST_BEGINNING, threads, this::late);
	}

	/**
	 * A short random name of this login, fit for logs and addresses.
	 * @return the id
	 */
	public String id() {
		return this.id;
	}

	/**
	 * The MCP server.
	 * @return its name
	 */
	public String serverName() {
		return server().name();
	}

	/**
	 * The address for the user, once the login has begun.
	 * @return the authorization URL, or the verification URI of a device code
	 */
	public URI authorizationUrl() {
		return begunPrompt().authorizationUrl();
	}

	/**
	 * When the address can no longer be opened, once the login has begun.
	 * @return the instant, {@code null} for no such limit
	 */
	public @Nullable Instant authorizationUrlExpiresAt() {
		return begunPrompt().authorizationUrlExpiresAt();
	}

	/**
	 * Make sure that the address can be opened, if the user has not answered yet.
	 * @return a mono with this login, once its address is good. Fails with
	 * {@link io.github.mcpoauth.LoginException} if there is no other address, which
	 * leaves the login running
	 */
	public Mono<LoginRun> openable() {
		return Mono
			.defer(() -> (this.phase.get() == Phase.WAITING) ? begunPrompt().renewAuthorizationUrl() : Mono.empty())
			.onErrorMap((ex) -> LoginFailures.of(server(), ex))
			.thenReturn(this);
	}

	/**
	 * How the answer comes back, once the login has begun.
	 * @return the redirect URI and state, {@code null} for a login with a device code
	 */
	public Login.@Nullable Callback callback() {
		return begunPrompt().callback();
	}

	/**
	 * The code that the user enters at the address, once the login has begun.
	 * @return the code, {@code null} for a login with an authorization code
	 */
	public Login.@Nullable UserCode userCode() {
		return begunPrompt().userCode();
	}

	/**
	 * Whether a login with a code could be started instead.
	 * @return {@code true} if the authorization server offers it
	 */
	public boolean offersDeviceCode() {
		return begunPrompt().offersDeviceCode();
	}

	/**
	 * The instant at which the login ends if the user has not answered.
	 * @return the end of the callback timeout, or of the device code
	 */
	public Instant expiresAt() {
		return begunPrompt().expiresAt();
	}

	/**
	 * The owner of the login.
	 * @return the owner, {@code null} if absent
	 */
	public @Nullable String owner() {
		return this.subject.request().owner();
	}

	/**
	 * Hand in the text that the user copied from the browser.
	 * @param pasted the redirect URL, its query, or the code
	 * @return a mono that ends as {@link #completion()} does. Fails with
	 * {@link IllegalArgumentException} for a text that cannot be the answer to this
	 * login, which goes on then
	 */
	public Mono<Grant> complete(String pasted) {
		return Mono.defer(() -> {
			begunPrompt().complete(pasted);
			return completion();
		});
	}

	/**
	 * The end of the login, for any number of subscribers. A subscription that is
	 * cancelled leaves the login running.
	 * @return a mono with the stored grant. Fails with
	 * {@link io.github.mcpoauth.LoginException} and
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	public Mono<Grant> completion() {
		return Mono.fromFuture(this.ended, true);
	}

	/**
	 * End the login, unless its grant is being stored.
	 */
	public void cancel() {
		McpOAuthException cancelled = cancelled();
		// The beginning is not interrupted: it ends by its own deadline and then
		// releases its port and registration
		if (advance(Phase.BEGINNING, Phase.ENDED)) {
			this.begun.completeExceptionally(cancelled);
		}
		else if (advance(Phase.WAITING, Phase.ENDED) || advance(Phase.EXCHANGING, Phase.ENDED)) {
			this.work.dispose();
			release(null, cancelled);
		}
	}

	/**
	 * Leave the login to the other processes that know it, if no answer of the user can
	 * be lost by that. One that only this process knows is cancelled.
	 */
	void leaveUnanswered() {
		if (this.phase.get() != Phase.EXCHANGING || this.shared.isEndedElsewhere()) {
			leave();
		}
	}

	/**
	 * Leave the login to the other processes that know it. One that only this process
	 * knows is cancelled.
	 */
	void leave() {
		if (this.phase.get() == Phase.WAITING) {
			this.shared.leave();
		}
		cancel();
	}

	/**
	 * Tell the login to other processes, before the user is asked.
	 * @param shared the login as they know it
	 */
	void share(SharedLogin shared) {
		this.shared = shared;
	}

	/**
	 * The login as other processes know it.
	 */
	SharedLogin shared() {
		return this.shared;
	}

	/**
	 * Look whether another process has ended the login, which then ends here, too.
	 * @return an empty mono, which ends after the login if it has ended
	 */
	Mono<Void> look() {
		return (this.phase.get() != Phase.WAITING) ? Mono.empty() : this.shared.look()
			.flatMap((waiting) -> waiting ? Mono.empty() : completion().onErrorComplete().then());
	}

	McpServer server() {
		return this.subject.server();
	}

	GrantKey key() {
		return this.subject.key();
	}

	Subject subject() {
		return this.subject;
	}

	/**
	 * The begin of the login.
	 * @return a mono with this login, once the user can be asked
	 */
	Mono<LoginRun> begun() {
		return Mono.fromFuture(this.begun, true);
	}

	boolean hasBegun() {
		return this.prompt != null && !isOver();
	}

	/**
	 * Whether callers have seen the login.
	 */
	boolean wasShown() {
		return this.prompt != null && !this.begun.isCompletedExceptionally();
	}

	boolean isOver() {
		return this.phase.get() == Phase.ENDED;
	}

	/**
	 * Start the login. Does nothing the second time.
	 * @param prompt comes as far as possible without the user
	 * @param storage stores a grant
	 * @param context the Reactor context of all that the login does
	 */
	void start(Mono<LoginPrompt> prompt, Function<IssuedGrant, Mono<Grant>> storage, ContextView context) {
		// A listener that watches the login may subscribe to it twice, or not at all
		if (this.started.compareAndSet(false, true)) {
			this.beginning.join(() -> prompt.contextWrite(context))
				.switchIfEmpty(Mono.error(() -> new IllegalStateException("A login began without a prompt")))
				.subscribe((ready) -> waitForUser(ready, storage, context), this::fail);
		}
	}

	private void waitForUser(LoginPrompt ready, Function<IssuedGrant, Mono<Grant>> storage, ContextView context) {
		this.prompt = ready;
		try {
			ask(ready, storage, context);
		}
		catch (Throwable ex) {
			// Also an Error: without this the slot would stay taken
			fail(ex);
		}
	}

	private void ask(LoginPrompt ready, Function<IssuedGrant, Mono<Grant>> storage, ContextView context) {
		// A login that was cancelled in the meantime must not ask the user
		if (!advance(Phase.BEGINNING, Phase.WAITING)) {
			release(null, cancelled());
			return;
		}
		this.lifecycle.begun(this);
		this.begun.complete(this);
		// A cancellation before this line finds no work to dispose of; the swap disposes
		// of it then, because it is disposed itself
		this.work.update(this.shared.watched(Mono.defer(ready::grant).flatMap(storage), this::exchanging)
			.contextWrite(context)
			.subscribe((stored) -> end(stored, null), this::fail, () -> end(null, cancelled())));
	}

	private void late(@Nullable LoginPrompt prompt, @Nullable Throwable failure) {
		if (prompt != null) {
			runBlocking(() -> prompt.close(cancelled()));
		}
		else {
			logger.debug(message("The beginning failed after its deadline"), failure);
		}
	}

	/**
	 * Accept an answer of the user. Only the first one is exchanged.
	 * @return whether this call accepted it
	 */
	boolean exchanging() {
		return advance(Phase.WAITING, Phase.EXCHANGING);
	}

	/**
	 * Begin to store. From here on the login cannot be cancelled.
	 * @return {@code false} if the login has been cancelled
	 */
	boolean storing() {
		return advance(Phase.EXCHANGING, Phase.STORING);
	}

	private boolean advance(Phase from, Phase to) {
		// An answer, a timeout and a cancellation may come at the same time: the first
		// decides, and the others find another phase
		return this.phase.compareAndSet(from, to);
	}

	private void fail(Throwable failure) {
		end(null, LoginFailures.of(server(), failure));
	}

	private void end(@Nullable Grant stored, @Nullable McpOAuthException failure) {
		// A result and a cancellation may end the login at once: only the first
		// releases it, because its end is reported once
		Phase before = this.phase.getAndSet(Phase.ENDED);
		// A beginning that was cancelled is released here, when it has come to its end
		if (before != Phase.ENDED || this.prompt == null) {
			release(stored, failure);
		}
	}

	private McpOAuthException cancelled() {
		return LoginFailures.failure(server(), Reason.CANCELLED, "it was cancelled");
	}

	/**
	 * Called once. The browser gets its page before the process may exit. The slot is
	 * free before callers hear of the end, so that one that asks again gets a new login.
	 */
	private void release(@Nullable Grant stored, @Nullable McpOAuthException failure) {
		// Before callers hear of it: one that asks another process must learn the same
		this.shared.ended(failure).doFinally((signal) -> announce(stored, failure)).subscribe();
	}

	private void announce(@Nullable Grant stored, @Nullable McpOAuthException failure) {
		runBlocking(() -> {
			try {
				LoginPrompt shown = this.prompt;
				if (shown != null) {
					shown.close(failure);
				}
				this.lifecycle.ended(this, stored, failure);
			}
			catch (Throwable ex) {
				logger.warn(message("The end of the login could not be announced"), ex);
			}
			finally {
				if (failure != null) {
					if (!this.shared.isEndedElsewhere()) {
						logger.info(message(failure.getMessage()));
					}
					this.begun.completeExceptionally(failure);
					this.ended.completeExceptionally(failure);
				}
				else {
					this.ended.complete(Objects.requireNonNull(stored));
				}
			}
		});
	}

	private void runBlocking(Runnable task) {
		try {
			this.threads.blocking().schedule(task);
		}
		catch (RejectedExecutionException ex) {
			// The manager is closed, and callers must still hear of the end
			task.run();
		}
	}

	LogMessage message(@Nullable String text) {
		return LogMessage.format("[%s] %s", this.id, text);
	}

	private LoginPrompt begunPrompt() {
		LoginPrompt shown = this.prompt;
		if (shown == null) {
			throw new IllegalStateException("The login has not begun");
		}
		return shown;
	}

	@Override
	public String toString() {
		return "LoginRun[id=%s, key=%s, phase=%s]".formatted(this.id, key(), this.phase);
	}

	/**
	 * The grant that a login is for.
	 *
	 * @param server the MCP server
	 * @param key the key of the grant
	 * @param challenges values of the {@code WWW-Authenticate} headers of the server's
	 * last rejection, empty to ask the server for one
	 * @param request how to run the login
	 */
	record Subject(McpServer server, GrantKey key, List<String> challenges, LoginRequest request) {

	}

	/**
	 * Told of the begin and the end of a login, before its callers are.
	 */
	interface Lifecycle {

		/**
		 * The user can be asked.
		 * @param login the login
		 */
		void begun(LoginRun login);

		/**
		 * The login has ended. Called on a thread that may block.
		 * @param login the login
		 * @param stored the stored grant, {@code null} if the login failed
		 * @param failure the failure, {@code null} if absent
		 */
		void ended(LoginRun login, @Nullable Grant stored, @Nullable McpOAuthException failure);

	}

	/**
	 * The phases of a login.
	 */
	private enum Phase {

		/**
		 * Finds the authorization server and a client.
		 */
		BEGINNING,

		/**
		 * Waits for the user.
		 */
		WAITING,

		/**
		 * Exchanges the answer for a grant.
		 */
		EXCHANGING,

		/**
		 * Stores the grant.
		 */
		STORING,

		/**
		 * Has a stored grant, or has failed.
		 */
		ENDED

	}

}

// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;

import reactor.util.context.ContextView;

/**
 * A body that takes the context of its caller along, which the JDK's client has no place
 * for.
 *
 * @param body the body
 * @param context the context
 */
record ContextBody(BodyPublisher body, ContextView context) implements BodyPublisher {

	@Override
	public long contentLength() {
		return this.body.contentLength();
	}

	@Override
	public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
		this.body.subscribe(subscriber);
	}

	@Override
	public String toString() {
		return "ContextBody[contentLength=%d]".formatted(contentLength());
	}

}

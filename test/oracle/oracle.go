// Istio's verdict on configuration objects: what its CustomResourceDefinitions and its admission webhook say, asked of
// Istio's own code. Reads one JSON document a line, {"id": …, "object": …}, and answers one a line, in the same order:
// {"id": …, "crd": …, "webhook": …, "warnings": …}, where an empty text means accepted. In place of an object there may be
// settings of the mesh, {"id": …, "settings": "mesh" or "meshNetworks", "text": …}, whose refusal stands under "webhook".
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/validation/agent"
	webhook "istio.io/istio/pkg/webhooks/validation/server"
)

type question struct {
	ID       string          `json:"id"`
	Object   json.RawMessage `json:"object"`
	Settings string          `json:"settings"`
	Text     string          `json:"text"`
}

type verdict struct {
	ID       string   `json:"id"`
	CRD      string   `json:"crd"`
	Webhook  string   `json:"webhook"`
	Warnings []string `json:"warnings"`
}

// The one argument is Istio's file of CustomResourceDefinitions.
func main() {
	definitions, err := crd.NewValidatorFromFilesWithOptions(os.Args[1:2], crd.WithoutCRDValidation())
	if err != nil {
		fail(err)
	}
	mux := http.NewServeMux()
	if _, err := webhook.New(webhook.Options{Schemas: collections.Istio, DomainSuffix: "cluster.local", Mux: mux}); err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail(err)
		}
		if err := answers.Encode(judge(asked, definitions, mux)); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func judge(asked question, definitions *crd.Validator, mux http.Handler) verdict {
	answer := verdict{ID: asked.ID, Warnings: []string{}}
	if asked.Settings != "" {
		answer.Webhook, answer.Warnings = judgeSettings(asked)
		return answer
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(asked.Object); err != nil {
		answer.CRD = err.Error()
		return answer
	}
	if err := definitions.ValidateCustomResource(object.DeepCopy()); err != nil {
		answer.CRD = err.Error()
	}
	answer.Webhook, answer.Warnings = admit(asked.Object, object, mux)
	return answer
}

func judgeSettings(asked question) (refusal string, warnings []string) {
	warnings = []string{}
	defer func() {
		if fault := recover(); fault != nil {
			refusal = fmt.Sprintf("panic: %v", fault)
		}
	}()
	if asked.Settings == "meshNetworks" {
		if _, err := mesh.ParseMeshNetworks(asked.Text); err != nil {
			refusal = err.Error()
		}
		return refusal, warnings
	}
	settings, err := mesh.ApplyMeshConfigDefaults(asked.Text)
	if err != nil {
		return err.Error(), warnings
	}
	if warning, _ := agent.ValidateMeshConfig(settings); warning != nil {
		warnings = append(warnings, warning.Error())
	}
	return refusal, warnings
}

// A broken object must not take the oracle down, as it would not take an API server down.
func admit(raw json.RawMessage, object *unstructured.Unstructured, mux http.Handler) (refusal string, warnings []string) {
	warnings = []string{}
	defer func() {
		if fault := recover(); fault != nil {
			refusal = fmt.Sprintf("panic: %v", fault)
		}
	}()
	kind := object.GroupVersionKind()
	review, err := json.Marshal(map[string]any{
		"apiVersion": "admission.k8s.io/v1",
		"kind":       "AdmissionReview",
		"request": map[string]any{
			"uid":       "1",
			"kind":      map[string]string{"group": kind.Group, "version": kind.Version, "kind": kind.Kind},
			"operation": "CREATE",
			"name":      object.GetName(),
			"namespace": object.GetNamespace(),
			"object":    raw,
		},
	})
	if err != nil {
		return err.Error(), warnings
	}
	request := httptest.NewRequest(http.MethodPost, "/validate", bytes.NewReader(review))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, request)
	var answered struct {
		Response struct {
			Allowed  bool     `json:"allowed"`
			Warnings []string `json:"warnings"`
			Status   struct {
				Message string `json:"message"`
			} `json:"status"`
		} `json:"response"`
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answered); err != nil {
		return fmt.Sprintf("%v: %s", err, recorder.Body.String()), warnings
	}
	if !answered.Response.Allowed {
		refusal = "refused: " + answered.Response.Status.Message
	}
	return refusal, append(warnings, answered.Response.Warnings...)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

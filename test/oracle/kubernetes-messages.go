// Prints, as one JSON document, how Kubernetes' own types lie in protobuf (`messages`: a line a message) and examples of
// each kind in both encodings (`examples`), filled at random from a fixed seed.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type encoded interface{ Marshal() ([]byte, error) }

type example struct {
	Message  string          `json:"message"`
	Protobuf []byte          `json:"protobuf"`
	Object   json.RawMessage `json:"object"`
}

var kinds = []encoded{
	&core.ConfigMap{}, &core.Namespace{}, &core.Node{}, &core.Pod{}, &core.Secret{}, &core.Service{}, &core.ServiceAccount{},
	&discovery.EndpointSlice{}, &networking.Ingress{}, &meta.DeleteOptions{},
	&authentication.SelfSubjectReview{}, &authorization.SelfSubjectAccessReview{}, &authorization.SelfSubjectRulesReview{},
}

var lines = map[string]string{}
var owners = map[string]reflect.Type{}

// What is one value in JSON and a message in protobuf.
var values = map[reflect.Type]string{
	reflect.TypeOf(meta.Time{}):          "Time",
	reflect.TypeOf(meta.MicroTime{}):     "MicroTime",
	reflect.TypeOf(meta.FieldsV1{}):      "FieldsV1",
	reflect.TypeOf(resource.Quantity{}):  "Quantity",
	reflect.TypeOf(intstr.IntOrString{}): "IntOrString",
}

func typeText(t reflect.Type) string {
	if name, ok := values[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int64:
		return "int"
	case reflect.Map:
		return "map<" + typeText(t.Elem()) + ">"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		// A named list is a message of its own with the items as its field 1.
		if t.Name() != "" {
			return "items<" + typeText(t.Elem()) + ">"
		}
		return "list<" + typeText(t.Elem()) + ">"
	case reflect.Struct:
		visit(t)
		return t.Name()
	}
	panic("no text for " + t.String())
}

func visit(t reflect.Type) {
	if owner, ok := owners[t.Name()]; ok {
		if owner != t {
			panic(t.String() + " and " + owner.String() + " have one name")
		}
		return
	}
	owners[t.Name()] = t
	fields := []string{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		ft, mark := f.Type, ""
		switch {
		case ft.Kind() == reflect.Pointer:
			ft, mark = ft.Elem(), "?"
		case !strings.Contains(options, "omitempty") && isScalar(ft):
			mark = "!"
		}
		if name == "" {
			name = "."
		}
		fields = append(fields, tag[1]+" "+name+" "+typeText(ft)+mark)
	}
	sort.SliceStable(fields, func(a, b int) bool { return number(fields[a]) < number(fields[b]) })
	lines[t.Name()] = strings.Join(fields, ", ")
}

func isScalar(t reflect.Type) bool {
	if _, ok := values[t]; ok {
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice && t.Kind() != reflect.Map
}

func number(field string) int {
	text, _, _ := strings.Cut(field, " ")
	n, _ := strconv.Atoi(text)
	return n
}

func fill(v reflect.Value, r *rand.Rand, depth int) {
	switch value := v.Addr().Interface().(type) {
	case *meta.TypeMeta:
		return
	case *meta.Time:
		*value = meta.NewTime(time.Unix(r.Int63n(2_000_000_000)+1, 0).UTC())
		return
	case *meta.MicroTime:
		*value = meta.NewMicroTime(time.Unix(r.Int63n(2_000_000_000)+1, r.Int63n(1_000_000)*1000).UTC())
		return
	case *meta.FieldsV1:
		*value = meta.FieldsV1{Raw: []byte(fmt.Sprintf(`{"f:%d":{}}`, r.Intn(100)))}
		return
	case *resource.Quantity:
		*value = resource.MustParse([]string{"1", "250m", "64Mi", "2k"}[r.Intn(4)])
		return
	case *intstr.IntOrString:
		*value = []intstr.IntOrString{intstr.FromInt32(8080), intstr.FromString("http")}[r.Intn(2)]
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "a", "über", "a longer text"}[r.Intn(4)])
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, 300, 1 << 30}[r.Intn(5)])
	case reflect.Pointer:
		if r.Intn(3) > 0 && depth < 8 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r, depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.Intn(2)*(8-min(depth, 8))/4, 8))
		for i := 0; i < v.Len(); i++ {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				v.Index(i).SetUint(uint64(r.Intn(256)))
			} else {
				fill(v.Index(i), r, depth+1)
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		item := reflect.New(v.Type().Elem()).Elem()
		fill(item, r, depth+1)
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), item)
	case reflect.Struct:
		for i := 0; i < v.NumField(); i++ {
			fill(v.Field(i), r, depth+1)
		}
	}
}

func main() {
	r := rand.New(rand.NewSource(1))
	examples := []example{}
	for _, kind := range kinds {
		t := reflect.TypeOf(kind).Elem()
		visit(t)
		for i := 0; i < 3; i++ {
			one := reflect.New(t)
			fill(one.Elem(), r, 0)
			protobuf, err := one.Interface().(encoded).Marshal()
			if err != nil {
				panic(err)
			}
			object, err := json.Marshal(one.Interface())
			if err != nil {
				panic(err)
			}
			examples = append(examples, example{t.Name(), protobuf, object})
		}
	}
	messages := []string{}
	for name, line := range lines {
		messages = append(messages, name+": "+line)
	}
	sort.Strings(messages)
	json.NewEncoder(os.Stdout).Encode(map[string]any{"messages": messages, "examples": examples})
}
